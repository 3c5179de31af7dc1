//! What holds of the room.
