//! The scale of an axis: round steps, few of them.

/// From zero to a round number, in equal steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// The end of the axis, at least 1.
    pub(super) end: u64,
    /// The distance of two lines.
    pub(super) step: u64,
}

impl Scale {
    /// A scale on which `largest` has room, with at most six lines.
    pub(super) fn to(largest: u64) -> Self {
        let largest = largest.max(1);
        let mut unit: u64 = 1;
        loop {
            for factor in [1, 2, 5] {
                let step = unit.saturating_mul(factor);
                if largest.div_ceil(step) <= 5 {
                    return Self { end: step.saturating_mul(largest.div_ceil(step)), step };
                }
            }
            unit = unit.saturating_mul(10);
        }
    }

    /// The lines, zero first.
    pub(super) fn lines(self) -> impl Iterator<Item = u64> {
        (0..=self.end / self.step).map(move |line| line.saturating_mul(self.step))
    }

    /// What part of the axis a value takes.
    pub(super) fn part(self, value: u64) -> f64 {
        value as f64 / self.end as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        for (largest, end, step) in
            [(0, 1, 1), (1, 1, 1), (5, 5, 1), (6, 6, 2), (11_355, 15_000, 5_000), (68_681, 80_000, 20_000)]
        {
            assert_eq!(Scale::to(largest), Scale { end, step }, "{largest}");
        }
        let most = Scale::to(u64::MAX);
        assert!(most.lines().count() <= 7 && most.part(u64::MAX) <= 1.01);
    }
}
