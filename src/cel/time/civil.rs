//! The proleptic Gregorian calendar, over whole days.

/// A date and a time of day.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Civil {
    pub(in super::super) year: i64,
    /// From 1.
    pub(in super::super) month: i64,
    /// Of the month, from 1.
    pub(in super::super) day: i64,
    pub(in super::super) hour: i64,
    pub(in super::super) minute: i64,
    pub(in super::super) second: i64,
    pub(in super::super) nanos: u32,
    /// From 0, which is Sunday.
    pub(in super::super) weekday: i64,
    /// From 0.
    pub(in super::super) day_of_year: i64,
}

impl Civil {
    pub(super) fn new(seconds: i64, nanos: u32) -> Self {
        let days = seconds.div_euclid(86_400);
        let time = seconds.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        let new_year = days_from_civil(year, 1, 1).unwrap_or(days);
        Self {
            year,
            month,
            day,
            hour: time / 3_600,
            minute: time % 3_600 / 60,
            second: time % 60,
            nanos,
            weekday: (days + 4).rem_euclid(7),
            day_of_year: days - new_year,
        }
    }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, if there is such a day. A year is taken to begin in March, so that the
/// leap day is its last; 400 years are 146,097 days.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Year, month and day of a day since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
