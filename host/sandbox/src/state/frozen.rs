//! The interfaces that plugins of the frozen versions import. Each is translated to that of the newest version.

use crate::bindings::v0_3::hibob::connector as host;
use crate::state::CallState;

/// The imports of one frozen version. A version whose interfaces differ does not compile until it is translated by itself.
macro_rules! imports {
    ($version:ident) => {
        use super::{CallState, host};
        use crate::bindings::$version::hibob::connector::{log, progress, storage};

        impl storage::Host for CallState {
            async fn get(
                &mut self,
                keys: Vec<String>,
            ) -> wasmtime::Result<Result<Vec<Option<Vec<u8>>>, storage::StorageError>> {
                Ok(host::storage::Host::get(self, keys).await?.map_err(storage_error))
            }

            async fn scan(
                &mut self,
                prefix: String,
                after: Option<String>,
                limit: u32,
            ) -> wasmtime::Result<Result<Vec<storage::Entry>, storage::StorageError>> {
                let entries = host::storage::Host::scan(self, prefix, after, limit).await?;
                let entry = |host::storage::Entry { key, value }| storage::Entry { key, value };
                Ok(entries.map(|entries| entries.into_iter().map(entry).collect()).map_err(storage_error))
            }

            async fn commit(
                &mut self,
                writes: Vec<storage::Write>,
            ) -> wasmtime::Result<Result<(), storage::StorageError>> {
                let write = |write| match write {
                    storage::Write::Put(storage::Entry { key, value }) => {
                        host::storage::Write::Put(host::storage::Entry { key, value })
                    }
                    storage::Write::Delete(key) => host::storage::Write::Delete(key),
                };
                let writes = writes.into_iter().map(write).collect();
                Ok(host::storage::Host::commit(self, writes).await?.map_err(storage_error))
            }
        }

        fn storage_error(error: host::storage::StorageError) -> storage::StorageError {
            match error {
                host::storage::StorageError::ReadOnly => storage::StorageError::ReadOnly,
                host::storage::StorageError::OverLimit(limit) => storage::StorageError::OverLimit(limit),
                host::storage::StorageError::Unavailable(reason) => storage::StorageError::Unavailable(reason),
            }
        }

        impl progress::Host for CallState {
            async fn report(&mut self, phase: String, done: u64, total: Option<u64>) -> wasmtime::Result<()> {
                host::progress::Host::report(self, phase, done, total).await
            }
        }

        impl log::Host for CallState {
            async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
                let level = match level {
                    log::Level::Debug => host::log::Level::Debug,
                    log::Level::Info => host::log::Level::Info,
                    log::Level::Warn => host::log::Level::Warn,
                    log::Level::Error => host::log::Level::Error,
                };
                host::log::Host::write(self, level, message).await
            }
        }
    };
}

mod v0_1 {
    imports!(v0_1);
}

mod v0_2 {
    imports!(v0_2);
}
