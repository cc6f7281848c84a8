//! The keys of an `Fst` that a text begins with.

use fst::raw::{Fst, Node, Output};

/// The keys, shortest first: (length in bytes, value).
pub(super) struct Prefixes<'a> {
    fst: &'a Fst<&'static [u8]>,
    node: Node<'a>,
    output: Output,
    text: &'a [u8],
    at: usize,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new(fst: &'a Fst<&'static [u8]>, text: &'a str) -> Self {
        Prefixes { fst, node: fst.root(), output: Output::zero(), text: text.as_bytes(), at: 0 }
    }
}

impl Iterator for Prefixes<'_> {
    type Item = (usize, u64);

    #[inline]
    fn next(&mut self) -> Option<(usize, u64)> {
        loop {
            let byte = *self.text.get(self.at)?;
            let step = self.node.transition(self.node.find_input(byte)?);
            self.output = self.output.cat(step.out);
            self.node = self.fst.node(step.addr);
            self.at += 1;
            if self.node.is_final() {
                return Some((self.at, self.output.cat(self.node.final_output()).value()));
            }
        }
    }
}
