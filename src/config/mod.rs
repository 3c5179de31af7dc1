//! The process file: the rooms' settings, layered from defaults, file, environment and flags.
