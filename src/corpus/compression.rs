//! Compressed streams: told by their first bytes, read within bounds, written a frame at a time.
//!
//! Each call of [`Compression::compress`] makes a whole gzip member, zstd frame or xz stream. One behind the
//! other they are one file, so that threads can compress what belongs into the same file.

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use liblzma::write::XzEncoder;
use zstd::bulk::Compressor;

/// What a file, or a column of one, may blow up to before its ratio matters, in bytes.
pub(super) const FREE: u64 = 64 << 20;
/// How many times its size a compressed file may become. Text comes to 3 to 20 times, a bomb to 1000 and more.
pub(super) const RATIO: u64 = 250;
/// Memory that the decoder of a stream may ask for, in bytes.
const DECODER_MEMORY: u64 = 160 << 20;
/// Compressed bytes read at a time.
const BUFFER: usize = 256 << 10;
/// Bytes that tell how a stream is compressed.
const MAGIC: usize = 6;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, of one or many members.
    Gzip,
    /// Zstandard, of one or many frames.
    Zstd,
    /// xz, of one or many streams.
    Xz,
}

impl Compression {
    /// All of them.
    pub const ALL: [Compression; 4] =
        [Compression::None, Compression::Gzip, Compression::Zstd, Compression::Xz];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
        }
    }

    /// The end of the names of files that are so compressed, without the dot.
    #[must_use]
    pub const fn extension(self) -> Option<&'static str> {
        match self {
            Compression::None => None,
            Compression::Gzip => Some("gz"),
            Compression::Zstd => Some("zst"),
            Compression::Xz => Some("xz"),
        }
    }

    /// That of a file which begins with these bytes; 6 are enough.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame, as some writers put before the first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            _ => Compression::None,
        }
    }

    /// Compresses to a whole member, frame or stream; nothing to nothing.
    ///
    /// # Errors
    /// If the compressor fails.
    pub fn compress(self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        if bytes.is_empty() || self == Compression::None {
            return Ok(bytes);
        }
        let mut out = Vec::new();
        match self {
            Compression::None => unreachable!("returned above"),
            Compression::Gzip => gzip(&bytes, 6, &mut out)?,
            Compression::Zstd => out = zstd::bulk::compress(&bytes, zstd::DEFAULT_COMPRESSION_LEVEL)?,
            Compression::Xz => xz(&bytes, 6, &mut out)?,
        }
        Ok(out)
    }

    /// Appends a whole member, frame or stream to `out`, compressed at a level that takes little time; of nothing,
    /// nothing.
    pub(crate) fn compress_fast(self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            _ if bytes.is_empty() => Ok(()),
            Compression::None => out.write_all(bytes),
            Compression::Gzip => gzip(bytes, 1, out),
            Compression::Zstd => zstd_fast(bytes, out),
            Compression::Xz => xz(bytes, 0, out),
        }
    }

    /// A stream, decompressed, and how it was compressed.
    pub(crate) fn open<'r>(
        mut source: impl Read + Send + 'r,
    ) -> io::Result<(Self, Box<dyn Read + Send + 'r>)> {
        let mut head = Vec::with_capacity(MAGIC);
        source.by_ref().take(MAGIC as u64).read_to_end(&mut head)?;
        let compression = Self::of(&head);
        Ok((compression, compression.reader(Cursor::new(head).chain(source))?))
    }

    /// Reads a compressed stream. One that grows beyond all proportion is an error.
    ///
    /// # Errors
    /// If no decoder can be made.
    pub fn reader<'r>(self, source: impl Read + Send + 'r) -> io::Result<Box<dyn Read + Send + 'r>> {
        if self == Compression::None {
            return Ok(Box::new(source));
        }
        let read = Arc::new(AtomicU64::new(0));
        let source = Counted { source, read: Arc::clone(&read) };
        let source = io::BufReader::with_capacity(BUFFER, source);
        let plain: Box<dyn Read + Send + 'r> = match self {
            Compression::None => unreachable!("returned above"),
            Compression::Gzip => Box::new(MultiGzDecoder::new(source)),
            Compression::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(source)?;
                decoder.window_log_max(DECODER_MEMORY.ilog2())?;
                Box::new(decoder)
            }
            Compression::Xz => {
                let stream = Stream::new_stream_decoder(DECODER_MEMORY, CONCATENATED)?;
                Box::new(XzDecoder::new_stream(source, stream))
            }
        };
        Ok(Box::new(Bounded { plain, read, written: 0 }))
    }
}

fn gzip(bytes: &[u8], level: u32, out: &mut Vec<u8>) -> io::Result<()> {
    let mut out = GzEncoder::new(out, flate2::Compression::new(level));
    out.write_all(bytes)?;
    out.finish().map(|_| ())
}

fn zstd_fast(bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    thread_local! {
        /// Its tables serve many frames.
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|compressor| {
        let compressor = match compressor {
            Some(compressor) => compressor,
            None => compressor.insert(Compressor::new(1)?),
        };
        let len = out.len();
        out.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        let mut behind = Cursor::new(out);
        behind.set_position(len as u64);
        compressor.compress_to_buffer(bytes, &mut behind).map(|_| ())
    })
}

fn xz(bytes: &[u8], level: u32, out: &mut Vec<u8>) -> io::Result<()> {
    let mut out = XzEncoder::new(out, level);
    out.write_all(bytes)?;
    out.finish().map(|_| ())
}

struct Counted<R> {
    source: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

struct Bounded<R> {
    plain: R,
    read: Arc<AtomicU64>,
    written: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.plain.read(buffer).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::new(e.kind(), "the compressed stream is cut short"),
            kind => io::Error::new(kind, format!("the compressed stream is damaged: {e}")),
        })?;
        self.written += n as u64;
        let read = self.read.load(Ordering::Relaxed);
        if self.written > FREE && self.written > RATIO * read {
            let what = format!("{read} compressed bytes became more than {FREE} and {RATIO} times as many");
            return Err(io::Error::other(what));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_join_to_one_file() {
        for compression in Compression::ALL {
            let frame = |text: &str| compression.compress(text.as_bytes().to_vec()).unwrap();
            let file = [frame("校"), frame(""), frame("勘")].concat();
            assert_eq!(Compression::of(&file), compression);
            let mut text = String::new();
            compression.reader(&file[..]).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "校勘");
            if compression != Compression::None {
                let cut = &file[..file.len() - 3];
                let error = compression.reader(cut).unwrap().read_to_string(&mut text).unwrap_err();
                assert!(error.to_string().contains("cut short"), "{compression:?}: {error}");
            }
        }
    }

    #[test]
    fn bombs_are_refused() {
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Xz] {
            let bomb = compression.compress(vec![b'0'; 100 << 20]).unwrap();
            let error = io::copy(&mut compression.reader(&bomb[..]).unwrap(), &mut io::sink()).unwrap_err();
            assert!(error.to_string().contains("250 times as many"), "{error}");
        }
    }
}
