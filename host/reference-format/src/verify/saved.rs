//! The attachments of a PDF that another program has saved anew, such as a viewer, a mail gateway or an office suite.
//!
//! Such a file has the attachments in streams that are compressed now, in another order, or with something added at the
//! end. They are found without a PDF parser: each stream is looked at by itself, as it is or decompressed. What is found
//! is signed, and what the page shows is not: so this never leads to an accepted file.

use crate::credential;
use crate::log::proof;
use flate2::read::ZlibDecoder;
use std::io::Read;

/// The most streams that are looked at.
const STREAMS_MAX: usize = 20_000;

const CREDENTIAL: &[u8] = b"{\"@context\":[";
const LOG_PROOF: &[u8] = b"c2sp.org/tlog-proof@";

/// The attachments of a reference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attachments {
    pub(super) credential: Vec<u8>,
    pub(super) log_proof: Option<Vec<u8>>,
}

/// Finds the attachments; `None` if the file has no credential, or several different ones.
pub(super) fn find(pdf: &[u8]) -> Option<Attachments> {
    let (mut credential, mut log_proof) = (Single::None, Single::None);
    for stream in streams(pdf).take(STREAMS_MAX) {
        credential.add(content(stream, CREDENTIAL, credential::BYTES_MAX));
        log_proof.add(content(stream, LOG_PROOF, proof::BYTES_MAX));
    }
    Some(Attachments { credential: credential.get()?, log_proof: log_proof.get() })
}

/// A value that is there at most once, or several times the same.
enum Single {
    None,
    One(Vec<u8>),
    Several,
}

impl Single {
    fn add(&mut self, found: Option<Vec<u8>>) {
        let Some(found) = found else { return };
        *self = match std::mem::replace(self, Self::None) {
            Self::None => Self::One(found),
            Self::One(one) if one == found => Self::One(one),
            Self::One(_) | Self::Several => Self::Several,
        };
    }

    fn get(self) -> Option<Vec<u8>> {
        match self {
            Self::One(one) => Some(one),
            Self::None | Self::Several => None,
        }
    }
}

/// The data of each stream: from the end of the line with `stream` (ISO 32000-1 section 7.3.8.1) to the next `endstream`.
/// Data with that word in it is none of what is looked for.
fn streams(pdf: &[u8]) -> impl Iterator<Item = &[u8]> {
    const WORD: &[u8] = b"stream";
    const END: &[u8] = b"end";
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for (place, _) in pdf.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD) {
        match pdf.get(..place).is_some_and(|before| before.ends_with(END)) {
            true => ends.push(place - END.len()),
            false => starts.push(place + WORD.len()),
        }
    }
    starts.into_iter().filter_map(move |start| {
        let end = *ends.get(ends.partition_point(|end| *end < start))?;
        let data = pdf.get(start..end)?;
        data.strip_prefix(b"\r\n").or_else(|| data.strip_prefix(b"\n"))
    })
}

/// The content of a stream that begins so, as it is or decompressed, without white space at its end.
fn content(stream: &[u8], beginning: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    let mut plain = match stream.starts_with(beginning) {
        true if stream.len() <= bytes_max => stream.to_vec(),
        true => return None,
        false => inflated(stream, beginning, bytes_max).filter(|plain| plain.len() <= bytes_max)?,
    };
    // The line end before `endstream` is not part of the data, and which one it is differs; a log proof ends with one.
    let text = plain.trim_ascii_end().len();
    plain.truncate(text);
    if beginning == LOG_PROOF {
        plain.push(b'\n');
    }
    Some(plain)
}

fn inflated(stream: &[u8], beginning: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    // The first two bytes of zlib's format (RFC 1950 section 2.2): the method, and a check.
    let [method, flags, ..] = *stream else { return None };
    if method & 0x0f != 8 || ((u16::from(method) << 8) | u16::from(flags)) % 31 != 0 {
        return None;
    }
    let mut first = vec![0; beginning.len()];
    ZlibDecoder::new(stream).read_exact(&mut first).ok()?;
    if first != beginning {
        return None;
    }
    let mut plain = Vec::new();
    // What follows the compressed data, such as a line end, is ignored.
    ZlibDecoder::new(stream).take(bytes_max as u64 + 1).read_to_end(&mut plain).ok()?;
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write as _;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(bytes).unwrap();
        zlib.finish().unwrap()
    }

    fn file(streams: &[&[u8]], line_end: &str) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        for stream in streams {
            file.extend(format!("1 0 obj\n<<>>{line_end}stream{line_end}").bytes());
            file.extend(*stream);
            file.extend(format!("{line_end}endstream{line_end}endobj{line_end}").bytes());
        }
        file
    }

    #[test]
    fn attachments_are_found_however_they_are_stored() {
        let credential = b"{\"@context\":[1]}".as_slice();
        let log_proof = b"c2sp.org/tlog-proof@v1\nindex 0\n".as_slice();
        let expected = Attachments { credential: credential.to_vec(), log_proof: Some(log_proof.to_vec()) };
        let noise = deflated(&[7; 5_000]);
        for line_end in ["\n", "\r\n"] {
            let plain = file(&[&noise, log_proof, credential, b"x"], line_end);
            let compressed = file(&[&deflated(credential), &noise, &deflated(log_proof)], line_end);
            let twice = [plain.as_slice(), &compressed].concat();
            for pdf in [plain, compressed, twice] {
                assert_eq!(find(&pdf).as_ref(), Some(&expected));
            }
        }
        let alone = find(&file(&[&deflated(credential)], "\n")).unwrap();
        assert_eq!((alone.credential.as_slice(), alone.log_proof), (credential, None));
        // Two different ones are none, and neither is what is too long.
        assert_eq!(find(&file(&[credential, b"{\"@context\":[2]}"], "\n")), None);
        let bomb = [credential, &vec![b' '; 100_000_000]].concat();
        assert_eq!(find(&file(&[&deflated(&bomb)], "\n")), None);
        for nothing in
            [&b""[..], b"%PDF-1.7", b"stream", b"stream\n", b"endstream\nendstream", b"stream\nx\xda endstream"]
        {
            assert_eq!(find(nothing), None);
        }
    }

    #[test]
    fn a_file_that_promises_much_is_read_in_no_time() {
        let started = std::time::Instant::now();
        for text in ["stream\n", "stream\n{\"@context\":[", "stream\nx\u{1}", "endstream"] {
            assert_eq!(find(&text.repeat(4 * 1024 * 1024 / text.len()).into_bytes()), None);
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}
