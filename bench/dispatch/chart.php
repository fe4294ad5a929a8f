<?php

declare(strict_types=1);

/** A picture of bars on a logarithmic scale, fastest first, by their names µs and times the floor; those whose names begin with `$ours` stand out. */
function chart(string $title, string $subtitle, array $bars, float $floor, string $ours, string $caption): string
{
    asort($bars);
    [$left, $top, $row, $decade] = [240, 114, 28, 124];
    $first = floor(log10($floor));
    $decades = ceil(log10(end($bars)[0])) - $first;
    $x = fn (float $us): float => round($left + $decade * (log10($us) - $first), 1);
    $bottom = $top + $row * count($bars) + 6;
    [$width, $height] = [$left + $decade * $decades + 112, $bottom + 64];

    $picture = text(24, 36, 'title', $title) . text(24, 58, 'small', $subtitle) . text(24, $bottom + 46, 'small', $caption);
    for ($power = $first; $power <= $first + $decades; $power++) {
        $at = $x(10 ** $power);
        $picture .= "<path d=\"M$at $top V$bottom\" class=\"grid\"/>\n" . text($at, $bottom + 18, 'middle small', duration(10 ** $power));
    }
    foreach (array_keys($bars) as $n => $name) {
        [$median, $times] = $bars[$name];
        [$y, $end, $class] = [$top + 6 + $row * $n, $x($median), str_starts_with($name, $ours) ? 'ours' : 'theirs'];
        $picture .= text($left - 10, $y + 13, "end $class", $name) . sprintf("<rect x=\"$left\" y=\"$y\" width=\"%s\" height=\"16\" class=\"$class\"/>\n", round($end - $left, 1))
            . text($end + 8, $y + 13, $class, sprintf('%s<tspan dx="7" class="small">%s ×</tspan>', duration($median), figures($times)));
    }
    $at = $x($floor);
    $picture .= sprintf("<path d=\"M$at %d V$bottom\" class=\"floor\"/>\n", $top - 6) . text($at, $top - 14, 'small floor', 'the floor, ' . duration($floor) . ': one write and one read on a kept connection');
    // A ground of its own, since a reader's browser and GitHub need not agree on whether it is dark.
    return <<<SVG
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" role="img">
        <title>$title</title>
        <style>
        svg { --ground: #ffffff; --ink: #1f2328; --muted: #59636e; --grid: #dfe3e8; --theirs: #b6bfc9; --ours: #0969da; --floor: #bc4c00 }
        @media (prefers-color-scheme: dark) { svg { --ground: #0d1117; --ink: #e6edf3; --muted: #9198a1; --grid: #262c34; --theirs: #545d68; --ours: #4493f8; --floor: #f0883e } }
        .ground { fill: var(--ground) } path.grid { stroke: var(--grid) } path.floor { stroke: var(--floor); stroke-dasharray: 4 3 }
        rect.theirs { fill: var(--theirs) } rect.ours { fill: var(--ours) }
        text { font: 13px -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: var(--ink);
          stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke }
        .title { font-size: 17px; font-weight: 600 } .small { font-size: 11px; fill: var(--muted) } .small.floor { fill: var(--floor) } tspan { font-weight: 400 }
        text.ours { font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle }
        </style>
        <rect width="$width" height="$height" rx="6" class="ground"/>
        $picture</svg>

        SVG;
}

function text(float $x, float $y, string $class, string $text): string
{
    return sprintf("<text x=\"%s\" y=\"%s\" class=\"%s\">%s</text>\n", $x, $y, $class, $text);
}

function duration(float $us): string
{
    return $us < 1000 ? figures($us) . ' µs' : figures($us / 1000) . ' ms';
}

/** Two significant figures: more is noise. */
function figures(float $number): string
{
    $rounded = round($number, 1 - (int) floor(log10($number)));
    return number_format($rounded, $rounded < 10 && $rounded != floor($rounded) ? 1 : 0);
}
