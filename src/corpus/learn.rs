//! What the texts of a file teach, whatever its format.

use std::path::Path;

use rayon::prelude::*;

use super::source::{Opened, Reading, Source, Unit};
use crate::profile::Learner;

/// Counts every text of a file: a plain text, a block of a large one, a field of a record. What cannot be read
/// as a record teaches nothing.
///
/// # Errors
/// If the file cannot be read to its end; then it teaches nothing.
pub fn learn(learner: &mut Learner, source: &Source, name: &Path, reading: &Reading) -> Result<(), String> {
    let Some(mut opened) = Opened::open(source, name, reading)? else {
        return columns(learner, source, reading);
    };
    let (syntax, decoder) = (opened.syntax.clone(), opened.decoder.clone());
    let add = |learner: &mut Learner, unit: Unit| match unit {
        Unit::Block { decoded, .. } => learner.add(&decoded.text),
        Unit::Records { bytes, ends, index } => {
            let syntax = syntax.as_deref().expect("records have a syntax");
            let mut start = 0;
            for (index, end) in (index..).zip(ends) {
                let record = &bytes[start..end];
                start = end;
                let outer = syntax.is_decoded_first().then(|| decoder.record(record));
                let body = outer.as_ref().map_or(record, |outer| outer.text.as_bytes());
                for slot in syntax.slots(index, body).unwrap_or_default() {
                    learner.add(&slot.decoder(&decoder).record(&slot.text).text);
                }
            }
        }
    };
    let (first, second) = (opened.next()?, opened.next()?);
    if let (Some(_), None) = (&first, &second) {
        // Most files of most corpora: nothing is to be shared out and added up.
        first.into_iter().for_each(|unit| add(learner, unit));
        return Ok(());
    }
    let rest = std::iter::from_fn(|| opened.next().transpose());
    let learned = [first, second].into_iter().flatten().map(Ok).chain(rest).par_bridge();
    let learned = learned.try_fold(Learner::default, |mut learner, unit| {
        add(&mut learner, unit?);
        Ok::<_, String>(learner)
    });
    learner.merge(learned.try_reduce(Learner::default, |mut learner, other| {
        learner.merge(other);
        Ok(learner)
    })?);
    Ok(())
}

#[cfg(not(feature = "parquet"))]
fn columns(_: &mut Learner, _: &Source, _: &Reading) -> Result<(), String> {
    Err("this build reads no Parquet: build it with `--features parquet`".to_owned())
}

#[cfg(feature = "parquet")]
fn columns(learner: &mut Learner, source: &Source, reading: &Reading) -> Result<(), String> {
    use super::parquet;
    use super::source::reason;
    use crate::decode::Decoder;

    let Source::File(path) = source else { return Err("Parquet is read from files only".to_owned()) };
    let decoder = reading.encoding.map_or_else(|| Decoder::new(reading.detect), Decoder::forced);
    let file = std::fs::File::open(path).map_err(|e| reason(&e))?;
    let mut learned = Learner::default();
    parquet::rewrite(file, None, &reading.fields, |_, batch| {
        batch.iter().for_each(|(_, text)| learned.add(&decoder.record(text.data()).text));
        Ok(())
    })?;
    learner.merge(learned);
    Ok(())
}
