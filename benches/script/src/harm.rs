//! What is done to text that needs nothing done.

use crate::engine::{Direction, Text};
use crate::peers::Peer;
use crate::per_million;
use crate::text::{Column, Differences, print_table};

pub fn report(peers: &[Peer], simplified: &Text, traditional: &Text) -> Vec<Column> {
    let characters = simplified.content.chars().count();
    println!("## Harm\n");
    println!(
        "Characters changed in {characters} characters of clean Simplified text, whole; and characters that a second \
         conversion changes in the Traditional text once converted.\n"
    );
    let mut columns = Vec::new();
    for direction in [Direction::T2s, Direction::Tw2s] {
        let mut rows = Vec::new();
        let mut cells = Vec::new();
        for peer in peers {
            eprintln!("harm, {}: {peer}", direction.name());
            let Some(converter) = (peer.open)(direction) else {
                cells.push("–".to_owned());
                continue;
            };
            let changed = Differences::between(&simplified.content, &converter.convert(&simplified.content));
            let once = converter.convert(&traditional.content);
            let again = Differences::between(&once, &converter.convert(&once));
            cells.push(changed.count.to_string());
            rows.push(vec![
                peer.to_string(),
                changed.count.to_string(),
                per_million(changed.count, characters),
                changed.commonest(8),
                again.count.to_string(),
                again.commonest(3),
            ]);
        }
        println!("### {}\n", direction.name());
        print_table(
            &[
                "engine",
                "changed",
                "per million",
                "the commonest",
                "changed by a second run",
                "the commonest",
            ],
            &rows,
        );
        columns.push(Column { head: format!("Simplified changed, {}", direction.name()), cells });
    }
    columns
}
