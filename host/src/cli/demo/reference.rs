//! The demo's last part: whoever left gets a reference, and a stranger verifies it.

use super::Stage;
use crate::cli::fakes::Servers;
use crate::cli::paint::DIM;
use crate::cli::references::{print_report, run_ready};
use crate::cli::verify::{VerifyArgs, print};
use hibob_base::error::HostError;
use hibob_fakes::smtp::Mail;
use hibob_jobs::references::{IssuerKeys, ReferencesRequest, Report, publish};
use hibob_reference_format::verify::Report as Verdict;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

pub(super) struct Office<'o> {
    pub(super) stage: &'o Stage<'o>,
    pub(super) servers: &'o Servers,
    pub(super) folder: &'o Path,
}

impl Office<'_> {
    /// Makes the issuer's key, puts it into DNS, and takes the first look at who works here.
    pub(super) async fn open(&self) -> Result<(), HostError> {
        let keys = IssuerKeys::open(self.stage.data, self.stage.tenant.config()).await?;
        let dns = self.servers.dns.dns();
        for record in keys.records(&keys.make(None).await?)? {
            dns.lock().unwrap_or_else(PoisonError::into_inner).insert_txt(&record.name, &record.value);
        }
        self.run().await;
        Ok(())
    }

    /// Who has left gets a reference by mail, and somebody who was sent it looks what it is worth.
    pub(super) async fn leaver(&self) -> Result<(Report, Option<Verdict>), HostError> {
        let stage = self.stage;
        stage.title("Who has left gets a reference");
        stage.say("Signed by the company, not by this program's vendor. The address is read for the one mail, and kept nowhere.\n");
        let report = self.run().await;
        if !stage.json {
            print_report(&report);
        }
        let public = self.folder.join("public");
        publish(stage.data, stage.tenant.config(), &public).await?;
        let Some(pdf) = self.save_newest_mail()? else { return Ok((report, None)) };
        stage.say(&format!(
            "\n{}",
            DIM.on_stdout("somebody who was handed the PDF asks the company's DNS and its published files:")
        ));
        let args = VerifyArgs::local(pdf, self.servers.dns.address(), public);
        let verified = args.verified().await?;
        if !stage.json {
            print(&verified, false);
        }
        Ok((report, Some(verified.report)))
    }

    async fn run(&self) -> Report {
        run_ready(self.stage.data, self.stage.tenant, self.stage.plugin, &ReferencesRequest::default()).await
    }

    /// Shows the newest mail, and saves the PDF that came with it.
    fn save_newest_mail(&self) -> Result<Option<PathBuf>, HostError> {
        let mailbox = self.servers.mail.mailbox().lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mail) = mailbox.mails().last() else { return Ok(None) };
        self.show(mail);
        let Some(pdf) = mail.attachments().into_iter().find(|file| file.content_type == "application/pdf") else {
            return Ok(None);
        };
        let path = self.folder.join("reference.pdf");
        let written = std::fs::write(&path, pdf.bytes);
        written.map_err(|error| HostError::Engine(format!("the demo cannot be set up: {error}")))?;
        Ok(Some(path))
    }

    fn show(&self, mail: &Mail) {
        let header = |name: &str| mail.header(name).unwrap_or_default();
        let files: Vec<String> = mail.attachments().into_iter().map(|file| file.name).collect();
        self.stage.say(&format!("\nin the stand-in's mailbox of {}:", mail.recipients.join(", ")));
        for (name, value) in [("from", header("From")), ("subject", header("Subject")), ("attached", files.join(", "))]
        {
            self.stage.say(&format!("  {name:<9} {value}"));
        }
    }
}
