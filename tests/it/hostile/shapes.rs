//! scratch
use super::arena::*;
use super::servers::*;
use std::time::Instant;

async fn show(name: &str, orders: &Orders, arena: &Arena) {
    let start = Instant::now();
    let cpu = cpu();
    let (report, grown) = growth(arena.sync_alone(orders)).await;
    let texts: Vec<_> = report.errors.iter().take(3).map(|row| (row.code.clone(), row.message.chars().take(150).collect::<String>())).collect();
    println!("{name}: updated {} adopted {} failed {} {texts:?} {:?} grown {} MB in {:?}, cpu {:?}", report.updated, report.adopted, report.failed, report.error.map(|e| e.message.chars().take(200).collect::<String>()), grown / 1_000_000, start.elapsed(), self::cpu() - cpu);
}
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<f64> = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2).map(|x| x.parse().unwrap()).collect();
    (f[0] + f[1]) / 100.0
}
fn db_size(arena: &Arena) -> u64 { 
    ["mallory.db", "mallory.db-wal"].iter().map(|f| std::fs::metadata(arena.honest.data.path().join("tenants").join(f)).map(|m| m.len()).unwrap_or(0)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn scratch() {
    let arena = Arena::new().await;
    let big = Rude::start(Manners::Pours(7_000_000)).await;
    let get = format!("GET {}/Users", big.url());
    show("unread pages", &Orders::of("plan", &["requests-at-once", "100", &get]).scim(&big.url()), &arena).await;
    let arena = Arena::new().await;
    show("long failures", &Orders::of("makes", &["updates", "20"]).and("apply", &["say", "40000000"]), &arena).await;
    println!("db {}", db_size(&arena));
    show("long baseline", &Orders::of("makes", &["long-baseline", "50000000"]), &arena).await;
    println!("db {}", db_size(&arena));
    show("empty fields", &Orders::of("makes", &["many-fields", "400000"]).and("apply", &["say", "1"]).limit("plan_bytes_max = 1000000"), &arena).await;
    println!("db {}", db_size(&arena));
    show("long panic", &Orders::of("plan", &["panic-at-length", "10000"]).limit("plan_seconds_max = 2"), &arena).await;
    show("look up", &Orders::of("plan", &["look-up"]).limit("cpu_milliseconds_max = 500\nplan_seconds_max = 20"), &arena).await;
    show("fill", &Orders::of("makes", &["updates", "1"]).and("apply", &["put", "0", "65", "60000"]), &arena).await;
    show("delete and scan", &Orders::of("makes", &["updates", "1"]).and("apply", &["delete-and-scan", "500000"]).limit("cpu_milliseconds_max = 20000"), &arena).await;
    let users = arena.scim("/Users");
    let patch = |url: &str, ops: &str| format!("PATCH {url}\ncontent-type: application/json\n\n{{\"Operations\":[{ops}]}}");
    for request in [
        format!("GET {users}/%2e%2e"),
        format!("GET {users}/%2E"),
        format!("GET {users}/a%3Fb"),
        patch(&format!("{users}/{{target}}"), r#"{"op":"replace","path":"userName","value":"evil@evil.example"}"#),
        patch(&format!("{users}/{{target}}"), r#"{"op":"replace","path":"active","path":"title","value":false}"#),
        patch(&format!("{users}/{{target}}"), r#"{"op":"replace","path":"title","Path":"active","value":"x"}"#),
        patch(&format!("{users}/{{target}}"), r#"{"op":"replace","path":" active","value":"x"}"#),
        patch(&format!("{users}/{{target}}"), r#"{"op":"replace","path":"active[value eq \":title\"]","value":"x"}"#),
        patch(&format!("{users}/2"), r#"{"op":"replace","path":"title","value":"x"}"#),
    ] {
        let orders = Orders::of("makes", &["updates", "1"]).and("apply", &["requests", &request]);
        show(&request, &orders, &arena).await;
    }
    for entry in arena.world().log() { println!("{} {} {} {}", entry.method, entry.path, entry.status, String::from_utf8_lossy(&entry.body)); }
}

/// `depth` components, each of which instantiates the one before it twice.
fn doubling(depth: usize) -> String {
    let mut text = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..=depth {
        let below = level - 1;
        text = format!("(component $c{level} {text} (instance (instantiate $c{below})) (instance (instantiate $c{below})))");
    }
    format!("(component {text} (instance (instantiate $c{depth})))")
}

#[test]
fn bombs() {
    let folder = tempfile::tempdir().unwrap();
    for depth in [3, 8, 12, 16, 18] {
        let file = folder.path().join("bomb.wasm");
        std::fs::write(&file, wat::parse_str(doubling(depth)).unwrap()).unwrap();
        let (start, before) = (Instant::now(), resident_bytes());
        let error = hibob_host::plugin::Plugin::from_file(hibob_tests::setup::runtime(), &file).err().map(|e| e.to_string());
        println!("{depth}: {} bytes {:?} {error:?} {}", std::fs::metadata(&file).unwrap().len(), start.elapsed(), resident_bytes() as i64 - before as i64);
    }
}
