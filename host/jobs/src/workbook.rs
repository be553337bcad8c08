//! The history of a directory sync run as a workbook (.xlsx), in the sheets that TravelPerk's own sync log has.
//!
//! The texts come from other systems. Every cell is written as a string and has the format "Text", so
//! that nothing runs as a formula: not when the workbook is opened, and not when somebody edits the cell. A text that
//! begins like a formula has an apostrophe before it all the same, since other programs write such a string on as a
//! formula (pandas does, by openpyxl).
//!
//! The column of employee ids has a text in every row: where some cells are empty, pandas makes numbers of 15 digits of
//! the others.
//!
//! A sheet is built in memory. The crate's constant-memory mode keeps the rows in a temporary file instead, in plain
//! text, and panics if the disk is full.

use chrono::DateTime;
use hibob_store::update_row::UpdateRow;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet, XlsxError};
use thiserror::Error;

/// One row of the sheet "Errors".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorLine {
    /// HiBob's id; empty where it is about nobody in particular.
    pub employee_id: String,
    /// The error code: stable, in capitals.
    pub code: String,
    /// What is wrong.
    pub what: String,
    /// What a person can do about it.
    pub remedy: String,
}

/// One row of the sheet "Active, not employed".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActiveLine {
    /// HiBob's id; empty where the account is of nobody whom HiBob knows.
    pub employee_id: String,
    /// TravelPerk's id of the account.
    pub account_id: String,
    /// The account's user name; empty where the history does not have it.
    pub user_name: String,
    /// A name to show; empty where the history does not have it.
    pub name: String,
    /// Whether the account is under the sync's care.
    pub managed: &'static str,
    /// Why nobody who is employed has it.
    pub why: String,
}

/// The content of the sheet "Run".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// The tenant's id.
    pub tenant: String,
    /// The run's number in the tenant's history.
    pub run: i64,
    /// What started the run.
    pub trigger: String,
    /// When the run started, in Unix seconds. It is also the workbook's creation date, so that the same run gives the
    /// same file.
    pub started_at: i64,
    /// When the run ended, in Unix seconds.
    pub finished_at: i64,
    /// How the run ended.
    pub status: String,
}

/// Why there is no workbook.
#[derive(Debug, Error)]
pub enum WorkbookError {
    /// A time that no workbook can hold.
    #[error("the {what} of run {run} is {seconds} Unix seconds, which is not between the years 1900 and 9999")]
    Time {
        /// Start or end.
        what: &'static str,
        /// The run's number.
        run: i64,
        /// The time.
        seconds: i64,
    },
    /// The workbook could not be put together.
    #[error("the workbook cannot be written: {0}")]
    Write(#[from] XlsxError),
}

/// The most rows of a sheet, the header included.
const SHEET_ROWS_MAX: usize = 1_048_576;

/// The longest text of a cell, in UTF-16 code units, as Excel counts.
const CELL_UNITS_MAX: usize = 32_767;

/// The id's cell of a row that is about no employee, such as one about a cost center.
const NO_EMPLOYEE: &str = "no employee";

/// Stands at the end of a text that was cut.
const CUT: char = '…';

/// The header of a column, and its width in characters.
type Column = (&'static str, u16);

const UPDATE_COLUMNS: [Column; 7] =
    [("Employee ID", 22), ("Name", 28), ("Action", 20), ("Field", 24), ("Before", 36), ("After", 36), ("Result", 14)];

const ERROR_COLUMNS: [Column; 4] = [("Employee ID", 22), ("Code", 28), ("What is wrong", 70), ("What to do", 70)];

const ACTIVE_COLUMNS: [Column; 6] =
    [("Employee ID", 22), ("Account ID", 22), ("User name", 36), ("Name", 28), ("Managed", 10), ("Why", 44)];

const RUN_COLUMNS: [Column; 2] = [("Fact", 14), ("Value", 48)];

/// Writes the history of a run as a workbook. The same history gives the same bytes.
///
/// The sheet "Active, not employed" is there only if there are such accounts.
///
/// More rows than a sheet can hold go on in "Employee Updates 2" and so on. A text that is too long for a cell is cut
/// and ends with "…", a character that XML cannot hold becomes U+FFFD, and a text that begins like a
/// formula (with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an apostrophe before it.
///
/// # Errors
/// A time of the run is not between the years 1900 and 9999.
pub fn workbook(
    facts: &RunFacts,
    updates: &[UpdateRow],
    errors: &[ErrorLine],
    active: &[ActiveLine],
) -> Result<Vec<u8>, WorkbookError> {
    write(facts, updates, errors, active, SHEET_ROWS_MAX)
}

/// [`workbook`], with another number of rows a sheet.
fn write(
    facts: &RunFacts,
    updates: &[UpdateRow],
    errors: &[ErrorLine],
    active: &[ActiveLine],
    sheet_rows: usize,
) -> Result<Vec<u8>, WorkbookError> {
    let time = |what, seconds| utc(seconds).ok_or(WorkbookError::Time { what, run: facts.run, seconds });
    let (created, started) = time("start", facts.started_at)?;
    let (_, finished) = time("end", facts.finished_at)?;

    let mut workbook = Workbook::new();
    let title = format!("Directory sync, run {}", facts.run);
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));

    add_sheets(&mut workbook, "Employee Updates", UPDATE_COLUMNS, sheet_rows, updates, |row| {
        [id(&row.employee_id), &row.name, &row.action, &row.field, &row.before, &row.after, &row.result]
    })?;
    add_sheets(&mut workbook, "Errors", ERROR_COLUMNS, sheet_rows, errors, |row| {
        [id(&row.employee_id), &row.code, &row.what, &row.remedy]
    })?;
    if !active.is_empty() {
        add_sheets(&mut workbook, "Active, not employed", ACTIVE_COLUMNS, sheet_rows, active, |row| {
            [id(&row.employee_id), &row.account_id, &row.user_name, &row.name, row.managed, &row.why]
        })?;
    }
    let run = [
        ("Tenant", facts.tenant.as_str()),
        ("Run", &facts.run.to_string()),
        ("Trigger", &facts.trigger),
        ("Started", &started),
        ("Finished", &finished),
        ("Status", &facts.status),
    ];
    add_sheets(&mut workbook, "Run", RUN_COLUMNS, SHEET_ROWS_MAX, &run, |(fact, value)| [*fact, *value])?;
    Ok(workbook.save_to_buffer()?)
}

/// The id of an employee as its cell has it.
fn id(employee_id: &str) -> &str {
    if employee_id.is_empty() { NO_EMPLOYEE } else { employee_id }
}

/// A time for the properties, and for people to read.
fn utc(seconds: i64) -> Option<(ExcelDateTime, String)> {
    let text = DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%d %H:%M:%S UTC");
    Some((ExcelDateTime::from_timestamp(seconds).ok()?, text.to_string()))
}

/// Adds a table in as many sheets as its rows need, and in one if it has none.
fn add_sheets<'a, Row, Text: AsRef<str>, const COLUMNS: usize>(
    workbook: &mut Workbook,
    name: &str,
    columns: [Column; COLUMNS],
    sheet_rows: usize,
    rows: &'a [Row],
    cells: impl Fn(&'a Row) -> [Text; COLUMNS],
) -> Result<(), XlsxError> {
    let mut parts = rows.chunks(sheet_rows.saturating_sub(1).max(1));
    add_sheet(workbook.add_worksheet().set_name(name)?, columns, parts.next().unwrap_or_default(), &cells)?;
    for (number, part) in (2_u32..).zip(parts) {
        let sheet = workbook.add_worksheet().set_name(format!("{name} {number}"))?;
        add_sheet(sheet, columns, part, &cells)?;
    }
    Ok(())
}

/// Fills one sheet.
fn add_sheet<'a, Row, Text: AsRef<str>, const COLUMNS: usize>(
    sheet: &mut Worksheet,
    columns: [Column; COLUMNS],
    rows: &'a [Row],
    cells: impl Fn(&'a Row) -> [Text; COLUMNS],
) -> Result<(), XlsxError> {
    // 49: the built-in format "Text".
    let text = Format::new().set_num_format_index(49);
    let header = text.clone().set_bold();
    let mut last_column = 0;
    for (column, (name, width)) in (0_u16..).zip(columns) {
        sheet.set_column_width(column, width)?.set_column_format(column, &text)?;
        sheet.write_string_with_format(0, column, name, &header)?;
        last_column = column;
    }
    let mut last_row = 0;
    for (row, cells) in (1_u32..).zip(rows.iter().map(cells)) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, printable(cell.as_ref()))?;
        }
        last_row = row;
    }
    sheet.set_freeze_panes(1, 0)?.autofilter(0, 0, last_row, last_column)?;
    // Employee ids are text on purpose: as a number, Excel keeps 15 of their 19 digits.
    sheet.ignore_error_range(0, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
    Ok(())
}

/// A text that no program takes for a formula: with an apostrophe in front where it begins like one.
fn safe(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

/// A text as a cell can hold it.
fn printable(text: &str) -> String {
    let mut text: String = text.chars().map(|c| if is_xml(c) { c } else { char::REPLACEMENT_CHARACTER }).collect();
    text = safe(text);
    // rust_xlsxwriter 0.102 takes such a text for markup of its own and writes it unescaped.
    if text.starts_with("<r>") && text.ends_with("</r>") {
        text.push(' ');
    }
    if text.len() > CELL_UNITS_MAX && text.encode_utf16().count() > CELL_UNITS_MAX {
        let end = cut(&text, CELL_UNITS_MAX - CUT.len_utf16());
        text.truncate(end);
        text.push(CUT);
    }
    text
}

/// Where the last character ends that fits into so many UTF-16 code units.
fn cut(text: &str, units_max: usize) -> usize {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > units_max {
            return at;
        }
    }
    text.len()
}

/// Whether XML 1.0 has the character: <https://www.w3.org/TR/xml/#charsets>
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::print_stderr, reason = "a test says why it is skipped")]

    use super::*;
    use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
    use std::collections::BTreeMap;
    use std::io::Cursor;
    use std::process::Command;

    /// 2026-03-01 09:30:00 UTC.
    const NINE_THIRTY: i64 = 1_772_357_400;

    /// Values, and what the workbook has for them.
    fn hostile() -> Vec<(String, String)> {
        let same = [
            " leading and trailing ",
            "two\nlines",
            "1234567890123456789",
            "0012",
            "1E5",
            "TRUE",
            "2026-03-01",
            "https://example.com/",
            "'quoted'",
            "a \"quote\", a comma; a semicolon",
            "<b>&amp;</b>",
            "]]>",
            "_x0041_",
            "_x005F_",
            "李小龍",
            "שרה כהן",
            "سارة",
            "👩‍👩‍👧 e\u{301}",
        ];
        let changed = [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(1)", "'@SUM(1)"),
            ("-1+1", "'-1+1"),
            ("+34 600", "'+34 600"),
            ("\t=1+1", "'\t=1+1"),
            ("\r=1+1", "'\r=1+1"),
            ("\u{1}", "\u{fffd}"),
            ("a\0b\u{1b}[2Jc", "a\u{fffd}b\u{fffd}[2Jc"),
            ("\u{fffe}\u{ffff}", "\u{fffd}\u{fffd}"),
            ("<r><t>x</t></r>", "<r><t>x</t></r> "),
            ("<r></si></r>", "<r></si></r> "),
        ];
        let mut values: Vec<_> = same.iter().map(|text| (*text, *text)).chain(changed).map(owned).collect();
        values.push(("x".repeat(40_000), format!("{}…", "x".repeat(32_766))));
        values.push(("李".repeat(40_000), format!("{}…", "李".repeat(32_766))));
        // Two UTF-16 code units each; 16,383 of them and the mark are 32,767.
        values.push(("👍".repeat(20_000), format!("{}…", "👍".repeat(16_383))));
        values.push((format!("x{}", "👍".repeat(20_000)), format!("x{}…", "👍".repeat(16_382))));
        values.push(("x".repeat(32_767), "x".repeat(32_767)));
        values.push((format!("<r>{}</r>", "x".repeat(32_760)), format!("<r>{}</r…", "x".repeat(32_760))));
        values
    }

    fn owned((value, read): (&str, &str)) -> (String, String) {
        (value.to_owned(), read.to_owned())
    }

    fn facts() -> RunFacts {
        RunFacts {
            tenant: "=acme".to_owned(),
            run: 12,
            trigger: "schedule".to_owned(),
            started_at: NINE_THIRTY,
            finished_at: NINE_THIRTY + 65,
            status: "Done".to_owned(),
        }
    }

    fn update(text: &str) -> UpdateRow {
        let text = text.to_owned();
        UpdateRow {
            employee_id: "3332883835678490001".to_owned(),
            name: text.clone(),
            action: text.clone(),
            field: text.clone(),
            before: text.clone(),
            after: text.clone(),
            result: text,
            before_of: None,
            after_of: None,
        }
    }

    fn error(text: &str) -> ErrorLine {
        let text = text.to_owned();
        ErrorLine { employee_id: text.clone(), code: text.clone(), what: text.clone(), remedy: text }
    }

    /// Each sheet's name and cells. Fails at a cell that is not text, and at a formula.
    fn read(bytes: Vec<u8>) -> Vec<(String, Vec<Vec<String>>)> {
        let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let text = |cell: &Data| match cell {
            Data::String(text) => text.clone(),
            Data::Empty => String::new(),
            other => panic!("not text: {other:?}"),
        };
        let names = workbook.sheet_names();
        let sheet = |name: String| {
            assert!(workbook.worksheet_formula(&name).unwrap().is_empty());
            let cells = workbook.worksheet_range(&name).unwrap();
            (name, cells.rows().map(|row| row.iter().map(text).collect()).collect())
        };
        names.into_iter().map(sheet).collect()
    }

    fn names(sheets: &[(String, Vec<Vec<String>>)]) -> Vec<(&str, usize)> {
        sheets.iter().map(|(name, rows)| (name.as_str(), rows.len())).collect()
    }

    #[test]
    fn every_cell_is_text() {
        let values = hostile();
        let updates: Vec<_> = values.iter().map(|(value, _)| update(value)).collect();
        let errors: Vec<_> = values.iter().map(|(value, _)| error(value)).collect();
        let sheets = read(workbook(&facts(), &updates, &errors, &[]).unwrap());
        let rows = values.len() + 1;
        assert_eq!(names(&sheets), [("Employee Updates", rows), ("Errors", rows), ("Run", 7)]);

        assert_eq!(sheets[0].1[0], ["Employee ID", "Name", "Action", "Field", "Before", "After", "Result"]);
        assert_eq!(sheets[1].1[0], ["Employee ID", "Code", "What is wrong", "What to do"]);
        for (at, (_, expected)) in (1..).zip(&values) {
            assert_eq!(sheets[0].1[at][0], "3332883835678490001");
            assert!(sheets[0].1[at][1..].iter().all(|cell| cell == expected), "{at}: {:?}", &sheets[0].1[at][1]);
            assert!(sheets[1].1[at].iter().all(|cell| cell == expected), "{at}: {:?}", &sheets[1].1[at][0]);
        }
        assert_eq!(
            sheets[2].1,
            [
                ["Fact", "Value"],
                ["Tenant", "'=acme"],
                ["Run", "12"],
                ["Trigger", "schedule"],
                ["Started", "2026-03-01 09:30:00 UTC"],
                ["Finished", "2026-03-01 09:31:05 UTC"],
                ["Status", "Done"],
            ]
        );
    }

    /// A workbook with a row about a cost center, which has no employee's id.
    fn with_a_cost_center() -> Vec<u8> {
        let center = UpdateRow { employee_id: String::new(), ..update("=Sales") };
        let nobody = ErrorLine { employee_id: String::new(), ..error("TIME") };
        workbook(&facts(), &[update("Ana"), center], &[nobody, error("2128438032960966393")], &[]).unwrap()
    }

    #[test]
    fn every_row_has_a_text_where_the_employees_id_stands() {
        let sheets = read(with_a_cost_center());
        let ids = |sheet: usize| sheets[sheet].1[1..].iter().map(|row| row[0].as_str()).collect::<Vec<_>>();
        assert_eq!(ids(0), ["3332883835678490001", NO_EMPLOYEE]);
        assert_eq!(ids(1), [NO_EMPLOYEE, "2128438032960966393"]);
    }

    /// Needs Python with pandas and openpyxl; without them it is skipped, and says so.
    #[test]
    fn pandas_and_openpyxl_read_ids_as_text_and_write_no_formula() {
        let has = |module: &str| {
            let run = Command::new("python3").args(["-c", &format!("import {module}")]).output();
            run.is_ok_and(|output| output.status.success())
        };
        if !(has("pandas") && has("openpyxl")) {
            eprintln!("skipped: python3 with pandas and openpyxl is not installed here");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("run.xlsx"), with_a_cost_center()).unwrap();
        let script = r#"
import openpyxl, pandas
sheets = pandas.read_excel("run.xlsx", sheet_name=None)
for name, id in [("Employee Updates", "3332883835678490001"), ("Errors", "2128438032960966393")]:
    ids = list(sheets[name]["Employee ID"])
    assert id in ids and all(isinstance(one, str) for one in ids), ids
with pandas.ExcelWriter("again.xlsx", engine="openpyxl") as again:
    for name, sheet in sheets.items():
        sheet.to_excel(again, sheet_name=name)
for file in ["run.xlsx", "again.xlsx"]:
    for sheet in openpyxl.load_workbook(file):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row), [cell.value for cell in row]
"#;
        let run = Command::new("python3").args(["-c", script]).current_dir(dir.path()).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    #[test]
    fn a_run_without_rows_has_its_sheets_all_the_same() {
        let sheets = read(workbook(&facts(), &[], &[], &[]).unwrap());
        assert_eq!(names(&sheets), [("Employee Updates", 1), ("Errors", 1), ("Run", 7)]);
    }

    #[test]
    fn rows_go_on_in_another_sheet() {
        let updates: Vec<_> = (0..7).map(|number| update(&number.to_string())).collect();
        let errors: Vec<_> = (0..3).map(|number| error(&number.to_string())).collect();
        let sheets = read(write(&facts(), &updates, &errors, &[], 4).unwrap());
        assert_eq!(
            names(&sheets),
            [("Employee Updates", 4), ("Employee Updates 2", 4), ("Employee Updates 3", 2), ("Errors", 4), ("Run", 7)]
        );
        let written: Vec<_> = sheets[..3].iter().flat_map(|(_, rows)| rows[1..].iter().map(|row| &row[1])).collect();
        assert_eq!(written, ["0", "1", "2", "3", "4", "5", "6"]);
        assert_eq!(sheets[1].1[0], sheets[0].1[0]);
    }

    #[test]
    fn the_same_history_gives_the_same_bytes() {
        let make = || workbook(&facts(), &[update("a"), update("b")], &[error("c")], &[]).unwrap();
        assert!(make() == make());
    }

    #[test]
    fn a_time_that_no_workbook_can_hold_is_named() {
        let error = workbook(&RunFacts { started_at: 1_772_357_400_000, ..facts() }, &[], &[], &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the start of run 12 is 1772357400000 Unix seconds, which is not between the years 1900 and 9999"
        );
        assert!(workbook(&RunFacts { finished_at: 253_402_300_800, ..facts() }, &[], &[], &[]).is_err());
    }

    /// The fields of a CSV file (RFC 4180).
    fn csv(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                c => field.push(c),
            }
        }
        rows
    }

    /// Needs LibreOffice; without it, there is nothing to see.
    #[test]
    fn libreoffice_reads_the_same() {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let Some(soffice) = std::env::split_paths(&path).map(|dir| dir.join("soffice")).find(|file| file.is_file())
        else {
            return;
        };
        let values = hostile();
        let updates: Vec<_> = values.iter().map(|(value, _)| update(value)).collect();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("run.xlsx"), workbook(&facts(), &updates, &[], &[]).unwrap()).unwrap();
        // Commas, quotes around every text, UTF-8, the values and not what is shown, every sheet in a file of its own.
        let status = Command::new(soffice)
            .arg(format!("-env:UserInstallation=file://{}/profile", dir.path().display()))
            .args([
                "--headless",
                "--convert-to",
                "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1",
            ])
            .args(["--outdir", ".", "run.xlsx"])
            .current_dir(dir.path())
            .output()
            .unwrap()
            .status;
        assert!(status.success());
        let sheet = |name: &str| csv(&std::fs::read_to_string(dir.path().join(format!("run-{name}.csv"))).unwrap());

        let rows = sheet("Employee Updates");
        assert_eq!(rows.len(), values.len() + 1);
        for (row, (_, expected)) in rows[1..].iter().zip(&values) {
            assert_eq!(row[0], "3332883835678490001");
            assert!(row[1..].iter().all(|cell| cell == expected), "{:?} for {expected:?}", &row[1]);
        }
        let run: BTreeMap<_, _> = sheet("Run").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        assert_eq!(run["Tenant"], "'=acme");
        assert_eq!(sheet("Errors").len(), 1);
    }
}
