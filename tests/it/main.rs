//! The integration tests: one binary, because each one links wasmtime.
#![recursion_limit = "256"] // the types of the futures of a run, with a plan within taking up an earlier one, are nested deeply
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at what is not as it should be, also in its helpers"
)]

mod api;
mod approval;
mod approvals;
mod audit;
mod backup;
mod bad_input;
mod catalogue;
mod check;
mod cli;
mod console;
mod days;
mod details;
mod doctor;
mod every_command;
mod examples;
mod exchange;
mod exclusions;
mod fence;
mod fields;
mod first;
mod fixtures;
mod forget_person;
mod hostile;
mod hosts;
mod identity;
mod kills;
mod lifecycle;
mod limits;
mod migrations;
mod names;
mod network;
mod odd_services;
mod offers;
mod operator;
mod packed;
mod peers;
mod peoples_data;
mod plan_file;
mod politeness;
mod postgres;
mod proxies;
mod references;
mod references_batch;
mod references_cli;
mod references_crash;
mod references_due;
mod references_garden;
mod references_job;
mod references_lasting;
mod references_names;
mod references_only;
mod references_privacy;
mod references_published;
mod references_told;
mod references_transfer;
mod references_witness;
mod refusals;
mod release;
mod roster;
mod safety;
mod sandbox;
mod secrets;
mod serve;
mod service;
mod settings;
mod stops;
mod storage_faults;
mod sync;
mod telemetry;
mod tenant_files;
mod tenant_status;
mod text_form;
mod time_zones;
mod twice;
mod verify;
