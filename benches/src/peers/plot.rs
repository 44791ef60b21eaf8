//! How long callers wait, as a picture.

use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

/// Waits of the callers of one log, by how many callers there are.
pub struct Line {
    name: &'static str,
    /// Callers, and the median wait in microseconds.
    median: Vec<(f64, f64)>,
    /// Callers, and the 99th percentile.
    high: Vec<(f64, f64)>,
}

impl Line {
    /// A line without points.
    #[must_use]
    pub fn new(name: &'static str) -> Line {
        Line { name, median: Vec::new(), high: Vec::new() }
    }

    /// Adds what so many callers waited, in microseconds.
    pub fn push(&mut self, callers: f64, median: f64, high: f64) {
        self.median.push((callers, median));
        self.high.push((callers, high));
    }

    fn all(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.median.iter().chain(&self.high)
    }
}

const COLORS: [RGBColor; 5] = [
    RGBColor(200, 30, 30),
    RGBColor(130, 130, 130),
    RGBColor(30, 90, 200),
    RGBColor(20, 140, 60),
    RGBColor(200, 130, 0),
];

/// Writes the lines to an SVG file: medians solid, 99th percentiles dashed, both scales logarithmic.
pub fn plot(file: &Path, title: &str, lines: &[Line]) {
    let area = SVGBackend::new(file, (760, 460)).into_drawing_area();
    draw(&area, title, lines).expect("the file can be written");
}

fn draw(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    title: &str,
    lines: &[Line],
) -> Result<(), Box<dyn std::error::Error>> {
    let extent = |pick: fn(&(f64, f64)) -> f64| {
        let values = lines.iter().flat_map(Line::all).map(pick);
        values.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    let ((left, right), (low, high)) = (extent(|point| point.0), extent(|point| point.1));
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (left * 0.9..right * 1.1).log_scale().with_key_points(vec![1.0, 4.0, 16.0, 64.0]),
            (low * 0.8..high * 1.25).log_scale(),
        )?;
    chart.configure_mesh().x_desc("callers").y_desc("wait, µs (solid: median, dashed: 99th percentile)").draw()?;
    for (line, color) in lines.iter().zip(COLORS.iter().cycle()) {
        let style = color.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.median.iter().copied(), style).point_size(3))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
        chart.draw_series(DashedLineSeries::new(line.high.iter().copied(), 6, 4, style))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}
