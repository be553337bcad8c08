//! The program of the fuzz targets: with `--cfg fuzzing` a libFuzzer for the target that `HIBOB_FUZZ_TARGET` names,
//! else a replay of single inputs (`hibob-fuzz TARGET FILE…`), the writer of the seeds (`hibob-fuzz seeds`), and so many
//! drawn requests against the policy (`hibob-fuzz requests NUMBER`).
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod fuzzer {
    use hibob_fuzz::{Target, target};
    use std::sync::LazyLock;

    static TARGET: LazyLock<Target> = LazyLock::new(|| {
        let name = std::env::var("HIBOB_FUZZ_TARGET").unwrap_or_default();
        #[expect(clippy::panic, reason = "libFuzzer has no other way to end")]
        target(&name).unwrap_or_else(|| panic!("HIBOB_FUZZ_TARGET names no target: {name:?}"))
    });

    libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
        (TARGET.run)(bytes);
    });
}

#[cfg(not(fuzzing))]
#[expect(clippy::print_stdout, reason = "what this program is for")]
fn main() -> std::io::Result<()> {
    use hibob_fuzz::{corpus, seeds, target};

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage =
        || std::io::Error::other("usage: hibob-fuzz TARGET FILE... | hibob-fuzz seeds | hibob-fuzz requests NUMBER");
    match arguments.as_slice() {
        [word, requests] if word == "requests" => {
            let requests = requests.parse().map_err(|_| usage())?;
            let tally = hibob_fuzz::change_policy::play_random(1, requests);
            println!(
                "{} requests sent, {} let out, {} legitimate, all of which left",
                tally.sent, tally.let_out, tally.legitimate
            );
            Ok(())
        }
        [word] if word == "seeds" => {
            for seed in seeds::all() {
                let folder = corpus(target(seed.target).ok_or_else(usage)?);
                std::fs::create_dir_all(&folder)?;
                std::fs::write(folder.join(seed.name), seed.bytes)?;
            }
            Ok(())
        }
        [name, files @ ..] => {
            let target = target(name).ok_or_else(usage)?;
            for file in files {
                let reading = (target.run)(&std::fs::read(file)?);
                println!("{file}: {reading:?}");
            }
            Ok(())
        }
        [] => Err(usage()),
    }
}
