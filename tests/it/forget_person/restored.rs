//! Tests that restoring an older backup does not bring an erased person back.

use super::{BILBY, OF_BILBY, OF_QUOKKA, QUOKKA, forget, found, has_all, has_any, synced, told};
use hibob_store::backup::{ForgottenSince, backup, restore};
use hibob_store::data_dir::DataDir;
use hibob_store::privacy::lift;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_forgotten_since_the_backup_is_forgotten_in_it() {
    let mut setup = synced().await;
    let [folder, path] = ["backup", "restored"].map(|name| setup.folder.path().join(name));
    backup(&setup.data, &folder, true).await.unwrap();
    assert!(!found(&folder, &[QUOKKA]).is_empty());
    forget(&setup, QUOKKA).await;
    let list = setup.data.path().join("forgotten.list");

    let missing = restore(&folder, &path, ForgottenSince::List(Path::new("nowhere"))).await.unwrap_err();
    assert!(missing.remedy().contains("forgotten.list") && !path.exists(), "{missing}");
    restore(&folder, &path, ForgottenSince::List(&list)).await.unwrap();
    // The key is removed during the restore, and the ids when the tenant is opened.
    setup.data = DataDir::open(&path).await.unwrap();
    let all = told(&setup.data).await;
    assert!(!has_any(&all, &OF_QUOKKA) && !all.contains(QUOKKA) && has_all(&all, &OF_BILBY[..2]), "{all}");
    assert_eq!(found(&path, &[&OF_QUOKKA[..], &[QUOKKA]].concat()), [""; 0]);
    let report = setup.sync().await;
    assert_eq!((report.adopted, report.forgotten, setup.writes()), (0, 1, 0), "{report:?}");
    assert_eq!(std::fs::read(path.join("forgotten.list")).unwrap(), std::fs::read(&list).unwrap());
}

/// A person whose erasure was lifted comes back; their erased data does not.
#[tokio::test(flavor = "multi_thread")]
async fn lifting_it_does_not_bring_back_what_was_forgotten() {
    let mut setup = synced().await;
    let [old, newer] = ["old", "newer"].map(|name| setup.folder.path().join(name));
    backup(&setup.data, &old, true).await.unwrap();
    forget(&setup, QUOKKA).await;
    backup(&setup.data, &newer, true).await.unwrap();
    assert!(lift(&setup.data, "acme", QUOKKA, None).await.unwrap());
    assert_eq!(setup.sync().await.adopted, 1);
    setup.world().hibob.employee_mut(QUOKKA).title = "Quokkanew".to_owned();
    assert_eq!(setup.sync().await.updated, 1);
    let last = setup.folder.path().join("last");
    backup(&setup.data, &last, true).await.unwrap();
    setup.writes();
    let list = setup.data.path().join("forgotten.list");
    for (folder, adopted) in [(&old, 1), (&newer, 1), (&last, 0)] {
        let path = folder.with_extension("restored");
        restore(folder, &path, ForgottenSince::List(&list)).await.unwrap();
        setup.data = DataDir::open(&path).await.unwrap();
        let all = told(&setup.data).await;
        assert_eq!(
            (all.contains("Chiefquokka"), all.contains("Quokkanew")),
            (false, adopted == 0),
            "{folder:?}: {all}"
        );
        let report = setup.sync().await;
        assert_eq!((report.adopted, report.forgotten), (adopted, 0), "{folder:?}: {report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_older_than_the_backup_is_refused_and_one_that_fits_is_needed() {
    let setup = synced().await;
    forget(&setup, QUOKKA).await;
    let list = setup.data.path().join("forgotten.list");
    let older = setup.folder.path().join("older.list");
    std::fs::copy(&list, &older).unwrap();
    forget(&setup, BILBY).await;
    let [folder, path] = ["backup", "restored"].map(|name| setup.folder.path().join(name));
    backup(&setup.data, &folder, true).await.unwrap();
    let error = restore(&folder, &path, ForgottenSince::List(&older)).await.unwrap_err();
    assert!(error.to_string().contains("lacks erasures") && !path.exists(), "{error}");
    let broken = setup.folder.path().join("broken.list");
    std::fs::write(&broken, "?\n").unwrap();
    let error = restore(&folder, &path, ForgottenSince::List(&broken)).await.unwrap_err();
    assert!(error.to_string().contains("a line that cannot be read") && !path.exists(), "{error}");
    // Without an erasure list, the persons stay erased whom the backup has as erased.
    restore(&folder, &path, ForgottenSince::Nobody).await.unwrap();
    let restored = DataDir::open(&path).await.unwrap();
    assert_eq!(restored.tenant_database("acme").await.unwrap().erasures().await.unwrap().len(), 2);
    assert!(!has_any(&told(&restored).await, &OF_QUOKKA));
}
