pub(crate) fn run(_: &crate::Text) {}
