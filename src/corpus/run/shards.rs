//! Clean documents behind each other in files of about a size.

use std::path::PathBuf;
use std::sync::Arc;

use super::commit::Committing;
use super::{Destination, RunError, Running, log_error};
use crate::corpus::clean::{Context, Done};
use crate::corpus::manifest::Entry;
use crate::corpus::source::reason;
use crate::corpus::tally::Tally;
use crate::corpus::target::{self, Target};
use crate::report::jsonl::{FileRecord, Line, PartRecord};

/// A shard that is being written.
pub(super) struct Shard {
    pub(super) file: Target,
    path: PathBuf,
    /// Its first document's, with which the others share it.
    context: Arc<Context>,
    records: usize,
    /// The file of its last unit, and how many units of it are in the shards so far.
    ends: (String, usize),
}

impl Running<'_, '_> {
    pub(super) fn append_to_shard(
        &mut self,
        done: &mut Done,
        (from, records): (usize, usize),
    ) -> Result<(), RunError> {
        let Destination::Shards(folder, _) = &self.options.destination else { return Ok(()) };
        let writing = self.writing.as_ref().expect("a unit belongs to a file");
        let (context, units) = (Arc::clone(&writing.context), writing.units);
        let (format, compression) =
            (self.job.target(context.format), target::compression(self.job, &context));
        if self.shard.as_ref().is_some_and(|shard| !target::is_shared(self.job, &shard.context, &context)) {
            self.close_shard()?;
        }
        if self.shard.is_none() {
            let mut name = format!("shard-{:05}.{}", self.shards, format.extension());
            if let Some(extension) = compression.extension() {
                name = format!("{name}.{extension}");
            }
            let path = folder.join(name);
            match Target::create(&path, None, self.job, &context) {
                Ok(file) => {
                    let ends = (String::new(), 0);
                    self.shard = Some(Shard { file, path, context: Arc::clone(&context), records: 0, ends });
                }
                Err(e) => {
                    self.writing_failed(format!("{}: not written: {}", path.display(), reason(&e)));
                    return Ok(());
                }
            }
        }
        let shard = self.shard.as_mut().expect("just made");
        if let Err(e) = shard.file.write(&mut done.out) {
            let path = shard.path.clone();
            // What the shard held is lost with it; only a full disk does this.
            self.shard = None;
            return Err(RunError::Log(path, e));
        }
        shard.records += records;
        shard.ends = (context.name.clone(), units);
        if let Some(log) = &mut self.log {
            let part = Line::Part(PartRecord { path: context.name.as_str().into(), from, records });
            let mut line = Vec::new();
            part.write(&mut line).and_then(|()| log.append(&line)).map_err(|e| log_error(self.options, e))?;
        }
        Ok(())
    }

    pub(super) fn close_shard(&mut self) -> Result<(), RunError> {
        let Some(shard) = self.shard.take() else { return Ok(()) };
        self.shards += 1;
        let name = shard.path.display().to_string();
        let record = FileRecord {
            path: name.as_str().into(),
            output: None,
            format: self.job.target(shard.context.format).name().into(),
            mirrors: false,
            compression: target::compression(self.job, &shard.context).name().into(),
            fields: self.options.reading.fields.iter().map(|field| field.as_str().into()).collect(),
            records: shard.records,
            source_bytes: 0,
            checksum: "".into(),
        };
        let mut line = Vec::new();
        let log = Line::File(record).write(&mut line).and_then(|()| match &mut self.log {
            Some(log) => log.append(&line),
            None => Ok(()),
        });
        log.map_err(|e| log_error(self.options, e))?;
        let log = self.log_position()?;
        let finished = shard.file.finish().map_err(|e| RunError::Log(shard.path.clone(), e))?;
        let (path, units) = shard.ends;
        let entry =
            Entry { path, output: shard.path.clone(), hash: Some(finished.1), log, units: Some(units) };
        self.committing.push(Committing {
            name,
            outcome: Ok(()),
            files: vec![(finished.0, shard.path)],
            bytes: 0,
            entry: Some(entry),
            tally: Tally::default(),
        });
        self.commit()
    }
}
