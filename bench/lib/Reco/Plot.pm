package Reco::Plot;

# Lines over sizes, on logarithmic axes, as an SVG that reads on light and dark
# pages.  A dashed line grows in proportion, from the first point of the first
# line.
#
#   my $plot = Reco::Plot->new(title => 'seconds', x => [1e6, 3e6, 1e7]);
#   $plot->line('clock', 4, 13, 45);
#   print $file Reco::Plot::svg('events', $plot, ...);   # side by side

use strict;
use warnings;

use List::Util qw(max min);

use constant { WIDTH => 470, HEIGHT => 340, LEFT => 52, RIGHT => 118,
               TOP => 34, BOTTOM => 42, GAP => 13 };

my @COLORS = map { "#$_" } qw(3b7dd8 d9822b 2f9e6e c2507a 8a6fd1 a08a00 2a9db0
    b0563b 7b8794 5c8a2f);


sub new {
    my ($class, %plot) = @_;

    return bless { lines => [], %plot }, $class;
}


sub line {
    my ($self, $name, @values) = @_;

    push @{ $self->{lines} }, { name => $name, values => \@values };
}


sub svg {
    my ($label, @plots) = @_;

    my $width = WIDTH * @plots;
    my $body = join '', map {
        sprintf qq(<g transform="translate(%d,0)">%s</g>\n),
            WIDTH * $_, $plots[$_]->body($label)
    } 0 .. $#plots;

    return <<"SVG";
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width @{[HEIGHT]}"
 font-family="sans-serif" font-size="12">
<style>
text { fill: #333 } .grid { stroke: #8885; fill: none }
.linear { stroke: #888; stroke-dasharray: 5 4; fill: none }
\@media (prefers-color-scheme: dark) { text { fill: #ccc } }
</style>
$body</svg>
SVG
}


sub body {
    my ($self, $label) = @_;

    my @all = grep { $_ > 0 } map { @{ $_->{values} } } @{ $self->{lines} };
    my @x = @{ $self->{x} };
    my $low = 10 ** int(floor(log10(max(min(@all), max(@all) / 1e5))));

    $self->{from} = { x => $x[0] / 1.3, y => $low };
    $self->{to} = { x => $x[-1] * 1.3, y => max(@all) * 1.5 };

    return $self->grid($label) . $self->linear . $self->lines;
}


sub grid {
    my ($self, $label) = @_;

    my $bottom = HEIGHT - BOTTOM;
    my $out = sprintf qq(<text x="%d" y="20" font-weight="bold">%s</text>\n),
        LEFT, $self->{title};

    for (my $y = $self->{from}{y}; $y <= $self->{to}{y}; $y *= 10) {
        $out .= sprintf qq(<path class="grid" d="M%d %.1fH%d"/>)
            . qq(<text x="%d" y="%.1f" text-anchor="end">%s</text>\n),
            LEFT, $self->y($y), WIDTH - RIGHT, LEFT - 6, $self->y($y) + 4,
            short($y);
    }

    for my $x (@{ $self->{x} }) {
        $out .= sprintf qq(<path class="grid" d="M%.1f %d"/>)
            . qq(<text x="%.1f" y="%d" text-anchor="middle">%s</text>\n),
            $self->x($x), $bottom, $self->x($x), $bottom + 16, short($x);
    }

    return $out . sprintf
        qq(<text x="%.1f" y="%d" text-anchor="middle">%s</text>\n),
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, $label;
}


sub linear {
    my ($self) = @_;

    my @x = @{ $self->{x} };
    my $y = $self->{lines}[0]{values}[0];

    return sprintf qq(<path class="linear" d="M%.1f %.1fL%.1f %.1f"/>\n),
        $self->x($x[0]), $self->y($y), $self->x($x[-1]),
        $self->y($y * $x[-1] / $x[0]);
}


sub lines {
    my ($self) = @_;

    my $out = '';
    my $n = 0;
    my $lowest = 0;

    # Labels stand at the lines' ends, from the highest down, never closer
    # than a line of text.
    for my $line (sort { $b->{values}[-1] <=> $a->{values}[-1] }
        @{ $self->{lines} })
    {
        my $color = $COLORS[$n++ % @COLORS];
        my @points = grep { $_->[1] > 0 }
            map { [$self->{x}[$_], $line->{values}[$_]] } 0 .. $#{ $self->{x} };
        my $end = $self->y($points[-1][1]);
        my $place = max($end, $lowest + GAP);
        $lowest = $place;

        $out .= sprintf qq(<path fill="none" stroke="%s" stroke-width="1.8" d="M%s"/>\n),
            $color, join 'L', map {
                sprintf '%.1f %.1f', $self->x($_->[0]), $self->y($_->[1])
            } @points;
        $out .= sprintf qq(<circle r="2.5" fill="%s" cx="%.1f" cy="%.1f"/>),
            $color, $self->x($_->[0]), $self->y($_->[1]) for @points;
        $out .= sprintf qq(\n<text x="%d" y="%.1f" style="fill:%s">%s</text>\n),
            WIDTH - RIGHT + 6, $place + 4, $color, $line->{name};
    }

    return $out;
}


sub x {
    my ($self, $value) = @_;

    return LEFT + (WIDTH - LEFT - RIGHT)
        * log($value / $self->{from}{x}) / log($self->{to}{x} / $self->{from}{x});
}


sub y {
    my ($self, $value) = @_;

    $value = max($value, $self->{from}{y});

    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM)
        * log($value / $self->{from}{y}) / log($self->{to}{y} / $self->{from}{y});
}


sub short {
    my ($number) = @_;

    return $number >= 1e6 ? $number / 1e6 . 'M'
        : $number >= 1e3 ? $number / 1e3 . 'k' : "$number";
}


sub log10 { return log($_[0]) / log(10) }


sub floor {
    my ($value) = @_;

    return int($value) - ($value < int($value));
}

1;
