//! The model of `jiaokan::join::Net` as it is trained: by Adam, on the log loss, its features scaled to one
//! deviation.

use std::collections::HashMap;
use std::fmt::Write as _;

use fastrand::Rng;
use jiaokan::join::HIDDEN;
use jiaokan::join::features::{COUNT, Features, names};

/// Passes over the samples.
const EPOCHS: usize = 12;
/// Samples per step.
const BATCH: usize = 64;
/// Step size at the start; it falls to nothing.
const RATE: f32 = 0.004;
/// How strongly weights are drawn to 0, by kind.
const DECAY: f32 = 4e-4;
const DECAY_CHARACTER: f32 = 6e-4;
/// Characters that get a weight of their own stand at so many breaks at the least.
const COMMON: usize = 40;

/// A break whose truth is known.
#[derive(Debug)]
pub struct Sample {
    pub seen: Features,
    pub is_cut: bool,
    /// Text was lost here: not to be joined, and left out of the figures.
    pub is_lost: bool,
}

/// A model with its scales.
pub struct Trained {
    mean: [f32; COUNT],
    scale: [f32; COUNT],
    /// All weights, at the places of the constants below.
    weights: Vec<f32>,
    last: HashMap<char, usize>,
    first: HashMap<char, usize>,
    /// Calibration.
    slope: f32,
    shift: f32,
}

const DIRECT: usize = 1;
const HIDDEN_BIAS: usize = DIRECT + COUNT;
const UNITS: usize = HIDDEN_BIAS + HIDDEN;
const OUT: usize = UNITS + COUNT * HIDDEN;
const CHARACTERS: usize = OUT + HIDDEN;

/// A sample as training reads it.
struct Row {
    values: [f32; COUNT],
    last: Option<usize>,
    first: Option<usize>,
    is_cut: f32,
}

impl Trained {
    pub fn new(samples: &[Sample], rng: &mut Rng) -> Self {
        let n = samples.len() as f32;
        let mut mean = [0.0; COUNT];
        let mut scale = [0.0; COUNT];
        for s in samples {
            mean.iter_mut().zip(s.seen.values).for_each(|(m, v)| *m += v / n);
        }
        for s in samples {
            scale.iter_mut().zip(&mean).zip(s.seen.values).for_each(|((d, m), v)| *d += (v - m).powi(2) / n);
        }
        // A feature that hardly ever is there is not blown up.
        scale.iter_mut().for_each(|d| *d = d.sqrt().max(0.05));
        let mut next = CHARACTERS;
        let last = common(samples.iter().map(|s| s.seen.last), &mut next);
        let first = common(samples.iter().map(|s| s.seen.first), &mut next);
        let mut weights = vec![0.0; next];
        let spread = (2.0 / COUNT as f32).sqrt();
        weights[UNITS..OUT].iter_mut().for_each(|w| *w = (rng.f32() - 0.5) * spread);
        weights[OUT..CHARACTERS].iter_mut().for_each(|w| *w = (rng.f32() - 0.5) * 0.5);
        let mut model = Self { mean, scale, weights, last, first, slope: 1.0, shift: 0.0 };
        model.train(samples, rng);
        model
    }

    fn row(&self, seen: &Features, is_cut: bool) -> Row {
        let mut values = seen.values;
        for (v, (m, d)) in values.iter_mut().zip(self.mean.iter().zip(&self.scale)) {
            *v = (*v - m) / d;
        }
        Row {
            values,
            last: self.last.get(&seen.last).copied(),
            first: self.first.get(&seen.first).copied(),
            is_cut: f32::from(u8::from(is_cut)),
        }
    }

    fn forward(&self, row: &Row) -> (f32, [f32; HIDDEN]) {
        let w = &self.weights;
        let mut sum = w[0];
        let mut hidden = [0.0; HIDDEN];
        hidden.copy_from_slice(&w[HIDDEN_BIAS..UNITS]);
        for (i, &v) in row.values.iter().enumerate() {
            sum += v * w[DIRECT + i];
            let units = &w[UNITS + i * HIDDEN..UNITS + (i + 1) * HIDDEN];
            hidden.iter_mut().zip(units).for_each(|(h, u)| *h += v * u);
        }
        hidden.iter_mut().for_each(|h| *h = h.max(0.0));
        sum += hidden.iter().zip(&w[OUT..CHARACTERS]).map(|(h, o)| h * o).sum::<f32>();
        sum += row.last.map_or(0.0, |i| w[i]) + row.first.map_or(0.0, |i| w[i]);
        (sum, hidden)
    }

    fn train(&mut self, samples: &[Sample], rng: &mut Rng) {
        let rows: Vec<Row> = samples.iter().map(|s| self.row(&s.seen, s.is_cut)).collect();
        let cuts = samples.iter().filter(|s| s.is_cut).count() as f32;
        let ends = samples.len() as f32 - cuts;
        // Both kinds weigh the same as a whole, so that the log odds are a ratio of likelihoods.
        let (weigh_cut, weigh_end) = (samples.len() as f32 / 2.0 / cuts, samples.len() as f32 / 2.0 / ends);
        let size = self.weights.len();
        let (mut first, mut second, mut slope) = (vec![0.0f32; size], vec![0.0f32; size], vec![0.0f32; size]);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let steps = EPOCHS * rows.len().div_ceil(BATCH);
        let mut step = 0;
        for _ in 0..EPOCHS {
            rng.shuffle(&mut order);
            for batch in order.chunks(BATCH) {
                slope.iter_mut().for_each(|g| *g = 0.0);
                for &i in batch {
                    let row = &rows[i];
                    let (sum, hidden) = self.forward(row);
                    let p = 1.0 / (1.0 + (-sum).exp());
                    let weigh = if row.is_cut > 0.0 { weigh_cut } else { weigh_end };
                    let g = (p - row.is_cut) * weigh / batch.len() as f32;
                    slope[0] += g;
                    let mut unit = [0.0; HIDDEN];
                    for h in 0..HIDDEN {
                        slope[OUT + h] += g * hidden[h];
                        if hidden[h] > 0.0 {
                            unit[h] = g * self.weights[OUT + h];
                            slope[HIDDEN_BIAS + h] += unit[h];
                        }
                    }
                    for (f, &v) in row.values.iter().enumerate() {
                        slope[DIRECT + f] += g * v;
                        let units = &mut slope[UNITS + f * HIDDEN..UNITS + (f + 1) * HIDDEN];
                        units.iter_mut().zip(&unit).for_each(|(s, u)| *s += v * u);
                    }
                    for i in [row.last, row.first].into_iter().flatten() {
                        slope[i] += g;
                    }
                }
                step += 1;
                let rate = RATE * (1.0 - step as f32 / (steps + 1) as f32);
                let (fade_first, fade_second) = (1.0 - 0.9f32.powi(step), 1.0 - 0.999f32.powi(step));
                for i in 0..size {
                    let decay = if i == 0 {
                        0.0
                    } else if i >= CHARACTERS {
                        DECAY_CHARACTER
                    } else {
                        DECAY
                    };
                    let g = slope[i] + decay * self.weights[i];
                    first[i] = 0.9 * first[i] + 0.1 * g;
                    second[i] = 0.999 * second[i] + 0.001 * g * g;
                    self.weights[i] -=
                        rate * (first[i] / fade_first) / ((second[i] / fade_second).sqrt() + 1e-8);
                }
            }
        }
    }

    /// Natural log of how much likelier a cut is.
    pub fn log_odds(&self, seen: &Features) -> f32 {
        self.slope * self.forward(&self.row(seen, false)).0 + self.shift
    }

    /// Platt's scaling: a slope and a shift that make the log odds right on samples that were not learned from.
    pub fn calibrate(&mut self, samples: &[Sample]) {
        let cuts = samples.iter().filter(|s| s.is_cut).count() as f32;
        let ends = samples.len() as f32 - cuts;
        let scored: Vec<(f32, f32, f32)> = samples
            .iter()
            .map(|s| {
                let weigh = if s.is_cut { 0.5 / cuts } else { 0.5 / ends };
                (self.log_odds(&s.seen), f32::from(u8::from(s.is_cut)), weigh)
            })
            .collect();
        let loss = |a: f32, b: f32| -> f64 {
            scored
                .iter()
                .map(|&(x, y, w)| {
                    let z = if y > 0.0 { -(a * x + b) } else { a * x + b };
                    f64::from(w) * f64::from(z.max(0.0) + (-z.abs()).exp().ln_1p())
                })
                .sum()
        };
        // The loss is convex: walk downhill, in smaller and smaller steps.
        let (mut a, mut b, mut step) = (1.0f32, 0.0f32, 0.5f32);
        while step > 1e-3 {
            let here = loss(a, b);
            let ways = [(a + step, b), (a - step, b), (a, b + step), (a, b - step)];
            match ways.into_iter().find(|&(a, b)| loss(a, b) < here) {
                Some(better) => (a, b) = better,
                None => step /= 2.0,
            }
        }
        (self.slope, self.shift) = (a, b);
        println!("calibrated: {a:.3} x + {b:.3}");
    }

    /// The weights with scales and calibration folded in, as a `Net` in Rust.
    pub fn to_rust(&self, name: &str) -> String {
        let w = &self.weights;
        let unit = |f: usize, h: usize| w[UNITS + f * HIDDEN + h] / self.scale[f];
        let direct = |f: usize| self.slope * w[DIRECT + f] / self.scale[f];
        let bias = self.slope * w[0] + self.shift - (0..COUNT).map(|f| direct(f) * self.mean[f]).sum::<f32>();
        let mut out =
            format!("pub(super) static {name}: Net = Net {{\n    bias: {bias:.4},\n    direct: [\n");
        // As rustfmt leaves it, so that a file in the repository can be compared.
        let directs: Vec<String> = (0..COUNT).map(|f| format!("{:.4},", direct(f))).collect();
        let width = directs.iter().map(String::len).max().unwrap_or(0);
        for (value, feature) in directs.iter().zip(names()) {
            let _ = writeln!(out, "        {value:width$} // {feature}");
        }
        let list = |values: &mut dyn Iterator<Item = f32>| {
            values.map(|v| format!("{v:.4}")).collect::<Vec<_>>().join(", ")
        };
        let biases = &mut (0..HIDDEN)
            .map(|h| w[HIDDEN_BIAS + h] - (0..COUNT).map(|f| unit(f, h) * self.mean[f]).sum::<f32>());
        let _ = writeln!(out, "    ],\n    #[rustfmt::skip]\n    hidden_bias: [{}],", list(biases));
        out += "    #[rustfmt::skip]\n    hidden: [\n";
        for (f, feature) in names().iter().enumerate() {
            let _ = writeln!(out, "        [{}], // {feature}", list(&mut (0..HIDDEN).map(|h| unit(f, h))));
        }
        let outs = &mut w[OUT..CHARACTERS].iter().map(|o| o * self.slope);
        let _ = writeln!(out, "    ],\n    #[rustfmt::skip]\n    out: [{}],", list(outs));
        for (field, table) in [("last", &self.last), ("first", &self.first)] {
            let mut weights: Vec<(char, f32)> = table.iter().map(|(&c, &i)| (c, w[i] * self.slope)).collect();
            weights.sort_by_key(|&(c, _)| c);
            let _ = writeln!(out, "    #[rustfmt::skip]\n    {field}: &[");
            for row in weights.chunks(8) {
                let row: Vec<String> = row.iter().map(|(c, v)| format!("({c:?}, {v:.3})")).collect();
                let _ = writeln!(out, "        {},", row.join(", "));
            }
            out += "    ],\n";
        }
        out + "};\n"
    }
}

/// The characters that stand at enough breaks, each with the place of its weight.
fn common(chars: impl Iterator<Item = char>, next: &mut usize) -> HashMap<char, usize> {
    let mut counts: HashMap<char, usize> = HashMap::new();
    chars.for_each(|c| *counts.entry(c).or_default() += 1);
    let mut common: Vec<char> = counts.iter().filter(|&(_, &n)| n >= COMMON).map(|(&c, _)| c).collect();
    common.sort_unstable();
    common
        .into_iter()
        .map(|c| {
            *next += 1;
            (c, *next - 1)
        })
        .collect()
}
