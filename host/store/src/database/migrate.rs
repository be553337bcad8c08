//! Bringing the schema of a SQLite file up to date.

use crate::database::error::of_migration;
use hibob_base::error::HostError;
use sqlx::SqlitePool;
use sqlx::migrate::Migrator;

/// Runs the migrations that the file does not have yet. Another process may do that at the same moment, for which sqlx has
/// no lock on SQLite: of two that make the same migration, the second one fails. It then goes on behind the migrations
/// that are made by now, as long as there are more of them each time.
///
/// # Errors
/// A migration failed, and no other process has made it.
pub(super) async fn bring_up_to_date(migrator: &Migrator, pool: &SqlitePool) -> Result<(), HostError> {
    let mut made = count(pool).await;
    loop {
        let Err(error) = migrator.run(pool).await else { return Ok(()) };
        let now = count(pool).await;
        if now <= made {
            return Err(of_migration(&error));
        }
        made = now;
    }
}

/// How many migrations the file has; 0 for one that was never opened.
async fn count(pool: &SqlitePool) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success").fetch_one(pool);
    count.await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::database::TenantDatabase;
    use futures::future::join_all;

    #[tokio::test(flavor = "multi_thread")]
    async fn several_may_open_a_new_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for tenant in 0..10 {
            let tenant = format!("t{tenant}");
            let opened = (0..6).map(|_| {
                let (folder, tenant) = (folder.path().to_owned(), tenant.clone());
                tokio::spawn(async move { TenantDatabase::open(&folder, &tenant).await.map(drop) })
            });
            for opened in join_all(opened).await {
                opened.unwrap().unwrap();
            }
        }
    }
}
