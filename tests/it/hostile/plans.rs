//! Plans that no honest plugin makes.

use super::arena::{Arena, Orders, growth, stopped};

#[tokio::test(flavor = "multi_thread")]
async fn a_million_changes_are_too_many() {
    let limit = "plan_changes_max = 2000";
    for words in [&["updates", "1000000"][..], &["all-at-once", "1000000"], &["findings"]] {
        let arena = Arena::new().await;
        let (result, grown) = growth(arena.plan(&Orders::of("makes", words).limit(limit))).await;
        println!("{words:?} {:?} {grown}", result.as_ref().map(|_| ()).map_err(|error| error.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts() {
    for words in [&["long-text", "100000000"][..], &["many-fields", "500000"], &["many-fields", "10000000"]] {
        let arena = Arena::new().await;
        let (result, grown) = growth(arena.plan(&Orders::of("makes", words).limit("plan_bytes_max = 1000000"))).await;
        println!("{words:?} {:?} {grown}", result.as_ref().map(|_| ()).map_err(|error| error.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn circles() {
    for words in [&["same-ids"][..], &["cycle"], &["waits-for-nothing"], &["escapes"]] {
        let arena = Arena::new().await;
        let (result, grown) = growth(arena.plan(&Orders::of("makes", words).limit("plan_bytes_max = 1000000"))).await;
        println!("{words:?} {:?} {grown}", result.as_ref().map(|_| ()).map_err(|error| error.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lies() {
    let arena = Arena::new().await;
    for words in [&["lying-counts", "10"][..], &["inactive-by-update", "10"], &["adoptions", "200"], &["archivings", "15"]] {
        let report = arena.sync_alone(&Orders::of("makes", words)).await;
        println!("{words:?} {report:?}");
    }
}
