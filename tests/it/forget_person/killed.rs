//! Tests of killing the program during an erasure: afterwards the person is erased completely or not at all.

use super::{OF_QUOKKA, QUOKKA, found, has_all, has_any, synced, told};
use crate::cli::{program, share_compiled};
use hibob_store::data_dir::DataDir;
use hibob_tests::deep;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const FORGET: [&str; 4] = ["forget-person", "acme", QUOKKA, "--yes"];

/// How often the program is killed. More often where it was always forgotten or always kept by then.
const KILLS: usize = 24;

/// It is not killed more often than that.
const KILLS_MAX: usize = 200;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &to.join(entry.file_name())),
            _ => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_a_person_erased_completely_or_not_at_all() {
    let setup = synced().await;
    let fresh = |name: &str| {
        let folder = setup.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        copy(setup.data.path(), &folder.join("data"));
        share_compiled(&folder.join("data"));
        folder
    };
    let folder = fresh("undisturbed");
    let start = Instant::now();
    assert!(program(&folder, &FORGET).output().unwrap().status.success());
    let mut whole = start.elapsed();
    let mut rng = StdRng::seed_from_u64(1);
    let (mut forgotten, mut kept) = (0, 0);
    let kills = deep(8, KILLS);
    for kill in 0..KILLS_MAX {
        if kill >= kills && forgotten > 0 && kept > 0 {
            break;
        }
        let folder = fresh(&format!("killed-{kill}"));
        let data = folder.join("data");
        let mut child = program(&folder, &FORGET).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Mostly towards the end, where the program writes.
        let after = whole.mul_f64(rng.random_range(0.0..1.0_f64).sqrt());
        let due = Instant::now() + after;
        while Instant::now() < due && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200)); // until the moment of the kill
        }
        let _ = child.kill();
        child.wait().unwrap();

        let is_listed = std::fs::read_to_string(data.join("forgotten.list")).is_ok_and(|list| list.ends_with('\n'));
        let opened = DataDir::open(&data).await.unwrap();
        let all = told(&opened).await;
        // The next one sooner or later than that: the machine may be busier by now than it was, or less so.
        if is_listed {
            forgotten += 1;
            whole = whole.mul_f64(0.9);
            assert!(!has_any(&all, &OF_QUOKKA) && !all.contains(QUOKKA), "kill {kill}: {all}");
            assert_eq!(found(&data, &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0], "kill {kill}");
        } else {
            kept += 1;
            whole = whole.mul_f64(1.1);
            assert!(has_all(&all, &OF_QUOKKA), "kill {kill}: {all}");
        }
        // The command succeeds when repeated, once the lease of the killed process has lapsed.
        sqlx::query("UPDATE leases SET expires_at = 0").execute(&pool(&data).await).await.unwrap();
        let again = program(&folder, &FORGET).output().unwrap();
        assert!(again.status.success(), "kill {kill}: {again:?}");
        assert_eq!(found(&data, &[QUOKKA]), [""; 0], "kill {kill}");
    }
    assert!(forgotten > 0 && kept > 0, "{forgotten} and {kept}");
}

/// If the erasure list has more than the database, as after a crash between the two writes, the list counts.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_list_says_is_done_when_the_tenant_is_opened() {
    let mut setup = synced().await;
    let older = setup.folder.path().join("older");
    copy(setup.data.path(), &older);
    super::forget(&setup, QUOKKA).await;
    std::fs::copy(setup.data.path().join("forgotten.list"), older.join("forgotten.list")).unwrap();
    setup.data = DataDir::open(&older).await.unwrap();
    let report = setup.sync().await;
    assert_eq!((report.forgotten, setup.writes()), (1, 0), "{report:?}");
    assert!(!has_any(&told(&setup.data).await, &OF_QUOKKA));
    assert_eq!(found(&older, &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
}

async fn pool(data: &Path) -> sqlx::SqlitePool {
    sqlx::SqlitePool::connect(&format!("sqlite:{}", data.join("control.db").display())).await.unwrap()
}
