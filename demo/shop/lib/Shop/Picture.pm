package Shop::Picture;

# A picture for every product, drawn from its title: what it is decides the
# shape, its colour words the palette, its pattern words the pattern.  The same
# product always looks the same.

use strict;
use warnings;


my %COLOURS = (
    red      => '#c4473d', pink      => '#e2a0aa', blue     => '#5583b0',
    white    => '#f7f4ee', black     => '#41414a', green    => '#6f9a70',
    ivory    => '#f0e7d4', cream     => '#f1e6cd', silver   => '#bcc3ca',
    gold     => '#cda650', purple    => '#8c6fa9', lilac    => '#b6a2cf',
    lavender => '#a99bcb', yellow    => '#e8c257', orange   => '#de8a4c',
    turquoise => '#5cada8', teal     => '#3f8582', mint     => '#a5cfb8',
    brown    => '#8d674e', chocolate => '#6d4a39', copper   => '#bf7a56',
    natural  => '#d2b48c', wood      => '#cba57a', wooden   => '#cba57a',
    grey     => '#91959b', gray      => '#91959b', zinc     => '#aab2b8',
    metal    => '#9aa4ad', enamel    => '#eef0ee', burgundy => '#8a3244',
    navy     => '#34456b', beige     => '#dcc8a8', violet   => '#7f6bb0',
    olive    => '#8d8a4a', amber     => '#d99a3c', amethyst => '#9678b6',
    emerald  => '#3f8f6b', ruby      => '#b13a52', aqua     => '#7cc3c9',
    peach    => '#efb793', wicker    => '#c79a63', slate    => '#59616a',
    strawberry => '#d1545c', lemon   => '#efd76f', cherry   => '#b93f4d',
    vintage  => '#b98f79', antique   => '#b7a283', clear    => '#cfe0e4',
    glass    => '#bcd6d8', crystal   => '#cfdbe8', retrospot => '#c4473d',
);

my @PATTERNS = (
    [jack    => qr/UNION JACK|UNION FLAG/],
    [retro   => qr/RETROSPOT|RETRO SPOT/],
    [dots    => qr/POLKADOT|POLKA DOT|SPOT|SPOTTY|DOTCOMGIFTSHOP/],
    [stripes => qr/STRIPE|STRIPED|STRIPES|CANDY|CIRCUS|DINER/],
    [gingham => qr/GINGHAM|CHECK|PICNIC/],
    [hearts  => qr/HEART|HEARTS|LOVE|SWEETHEART/],
    [stars   => qr/STAR|STARS|SPACEBOY|SNOWFLAKE/],
    [floral  => qr/FLOWER|FLOWERS|FLORAL|ROSE|ROSES|DAISY|PEONY|PAISLEY|
        BLOSSOM|LAURA|REGENCY|BOTANICAL/x],
    [leaves  => qr/WOODLAND|LEAF|TREE|FOREST|GARDEN|FEATHER|CHRISTMAS/],
    [zigzag  => qr/ZIGZAG|CHEVRON|BAROQUE|FOLKART|BABUSHKA|MOROCCAN/],
    [leopard => qr/LEOPARD|ANIMAL|SKULL|SKULLS/],
);

# main, second, accent: palettes for what names no colour
my @PALETTES = (
    ['#c96f53', '#f1d9c0', '#f2b54c'], ['#5f8f8b', '#dce9df', '#e9a06b'],
    ['#7d8fb8', '#e6e4f2', '#e7b4a8'], ['#b9656f', '#f3dcd6', '#8fa68a'],
    ['#7f9a68', '#e8ecd2', '#d98a5a'], ['#d6a04a', '#f6e8c6', '#7c9aa0'],
    ['#8a739e', '#ebe1ee', '#e0b15c'], ['#4f7c94', '#d9e7ec', '#e3876a'],
    ['#a9755a', '#f0e0cf', '#7f9b8d'], ['#cf8891', '#f7e4df', '#6f8fa3'],
);

my @GROUNDS = (
    ['#f6efe5', '#e9dccb'], ['#edf2ea', '#d9e3d4'], ['#ebf1f5', '#d5e0e8'],
    ['#f8ece9', '#ecd8d3'], ['#f2edf6', '#e0d8e9'], ['#f7f2de', '#e9e0c0'],
    ['#e9f3f1', '#d1e3df'], ['#f3eee9', '#e2d8ce'],
);

# behind what is nearly white
my @DEEP_GROUNDS = (
    ['#d5c6b3', '#bba993'], ['#b9c9bf', '#9db1a4'], ['#b7c6d3', '#9aacbc'],
    ['#d9bdb6', '#c2a29a'],
);

my $DARK = '#3b3a40';

# for titles that name nothing that could be drawn
my %KINDS_OF = (
    'kitchen'             => [qw(mug bowl plate jar teapot jug cutlery)],
    'stationery'          => [qw(notebook pencils card stickers)],
    'lighting'            => [qw(candle tlight lantern)],
    'jewellery'           => [qw(necklace bracelet earrings ring)],
    'garden'              => [qw(planter gardentools flower house)],
    'clocks & frames'     => [qw(wallclock frame print)],
    'bags'                => [qw(bag handbag suitcase)],
    'storage & furniture' => [qw(box basket cabinet tin)],
    'christmas'           => [qw(bauble tree star wreath)],
    'decoration'          => [qw(bird butterfly vase bauble)],
    'home textiles'       => [qw(cushion towel quilt)],
    'toys'                => [qw(blocks car bear game)],
    'bath & beauty'       => [qw(soap hair bottle)],
    'party'               => [qw(balloon bunting cupcake)],
    'trousers'            => [qw(trousers widetrousers slimtrousers)],
    'skirts'              => [qw(skirt pencilskirt miniskirt)],
    'blouses'             => [qw(blouse tshirt vest shirt)],
    'sale'                => [qw(dress cardigan shirt dress skirt vest)],
    ''                    => [qw(vase gift basket jar box)],
);

my (%shapes, %shape_of, %motif_of, @phrases);


# FNV-1a, 32 bits: which of several equally good choices a product gets
sub _hash {
    my ($text) = @_;
    my $hash = 2166136261;

    for my $byte (unpack 'C*', $text) {
        $hash = (($hash ^ $byte) * 16777619) & 0xFFFFFFFF;
    }

    $hash ^= $hash >> 15;

    return $hash & 0x7FFFFFFF;
}


sub load {
    my ($path) = @_;
    my $shape;

    open my $in, '<', $path or die "$path: $!\n";

    while (my $line = <$in>) {
        chomp $line;
        next if $line =~ /^#/ || $line !~ /\S/;

        if ($line =~ /^@(~?) (\S+)(.*)/) {
            $shape = {name => $2, lines => []};
            $shapes{$2} = $shape;

            for my $word (split ' ', $3) {
                my $map = $1 ? \%motif_of : \%shape_of;
                $word =~ tr/*/ /;
                $map->{$word} //= $shape;
                push @phrases, $word if $word =~ / /;
            }
            next;
        }

        push @{$shape->{lines}}, $line;
    }
}


sub _named {
    my ($map, $word) = @_;

    return $map->{$word} // $map->{$word =~ s/IES$/Y/r}
        // $map->{$word =~ s/S$//r} // $map->{$word =~ s/ES$//r};
}


# The last word that names a thing; else the first one that names a motif.
sub _shape {
    my ($title, $category, $hash) = @_;
    my ($found, $motif, $kinds);

    for my $phrase (@phrases) {
        return $shape_of{$phrase} if index($title, $phrase) >= 0;
    }

    for my $word ($title =~ /[A-Z][A-Z'-]*/g) {
        last if $word eq 'WITH' || $word eq 'FOR' || $word eq 'IN';
        $found = _named(\%shape_of, $word) // $found;
        $motif //= _named(\%motif_of, $word);
    }

    $kinds = $KINDS_OF{$category} // $KINDS_OF{''};

    return $found // $motif // $shapes{$kinds->[$hash % @$kinds]};
}


sub _mix {
    my ($colour, $with, $share) = @_;
    my @a = map { hex } $colour =~ /[0-9a-f]{2}/g;
    my @b = map { hex } $with =~ /[0-9a-f]{2}/g;

    return sprintf '#%02x%02x%02x',
        map { $a[$_] * (1 - $share) + $b[$_] * $share + 0.5 } 0 .. 2;
}


sub _lightness {
    my @rgb = map { hex } $_[0] =~ /[0-9a-f]{2}/g;

    return (0.3 * $rgb[0] + 0.59 * $rgb[1] + 0.11 * $rgb[2]) / 255;
}


sub _palette {
    my ($title, $hash) = @_;
    my @named = map { $COLOURS{lc $_} // () } $title =~ /[A-Z]+/g;
    my ($main, $second, $accent) = @{$PALETTES[($hash >> 3) % @PALETTES]};

    if (@named) {
        $main = $named[0];
        $second = $named[1] && $named[1] ne $main ? $named[1]
            : _lightness($main) > 0.8 ? _mix($second, $main, 0.3)
            :                           _mix($main, '#ffffff', 0.72);
    }

    # no two of them alike
    $main = _mix($main, $hash & 64 ? '#ffffff' : '#000000',
        ($hash >> 7) % 12 / 100);

    my $grounds = _lightness($main) > 0.83 ? \@DEEP_GROUNDS : \@GROUNDS;
    my $ground = $grounds->[($hash >> 11) % @$grounds];

    return {main => $main, second => $second, accent => $accent,
        light => $ground->[0], deep => $ground->[1]};
}


my $STAR = 'l4 9 10 1-7 7 2 10-9-5-9 5 2-10-7-7 10-1z';
my $HEART = 'c-16-10-14-22-6-22q5 0 6 6 1-6 6-6c8 0 10 12-6 22z';
my $LEAF = 'c11-9 11-23 0-32-11 9-11 23 0 32z';

sub _tile {
    my ($name, $p, $ink) = @_;
    my ($size, $body);

    if ($name eq 'dots') {
        ($size, $body) = (36, "<circle cx='9' cy='9' r='6'/>"
            . "<circle cx='27' cy='27' r='6'/>");
    } elsif ($name eq 'retro') {
        ($size, $body) = (56, "<circle cx='14' cy='14' r='11'/>"
            . "<circle cx='42' cy='42' r='11'/>");
    } elsif ($name eq 'stripes') {
        ($size, $body) = (30, "<path d='M0 0h14v30H0z'/>");
    } elsif ($name eq 'gingham') {
        ($size, $body) = (36, "<path opacity='.55' d='M0 0h18v36H0z'/>"
            . "<path opacity='.55' d='M0 0h36v18H0z'/>");
    } elsif ($name eq 'hearts') {
        ($size, $body) = (52, "<path d='M13 26$HEART'/><path d='M39 51$HEART'/>");
    } elsif ($name eq 'stars') {
        ($size, $body) = (52, "<path d='M14 2$STAR'/><path d='M39 27$STAR'/>");
    } elsif ($name eq 'leaves') {
        ($size, $body) = (48, "<path d='M12 36$LEAF'/>"
            . "<path transform='rotate(90 34 24)' d='M34 40$LEAF'/>");
    } elsif ($name eq 'zigzag') {
        ($size, $body) = (32, "<path fill='none' stroke-width='6' "
            . "stroke='$ink' d='M-4 20l12-12 16 16 12-12'/>");
    } elsif ($name eq 'leopard') {
        ($size, $body) = (40, "<ellipse cx='10' cy='10' rx='7' ry='5'/>"
            . "<ellipse cx='30' cy='26' rx='5' ry='7'/>"
            . "<circle cx='12' cy='32' r='3'/><circle cx='31' cy='6' r='3'/>");
    } else {
        my $petals = join '', map {
            my ($x, $y) = @$_;
            join '', (map { sprintf "<circle cx='%d' cy='%d' r='6'/>",
                $x + $_->[0], $y + $_->[1] }
                    [0, -8], [8, -2], [5, 7], [-5, 7], [-8, -2]),
                "<circle cx='$x' cy='$y' r='5' fill='$p->{accent}'/>"
        } [18, 18], [50, 50];
        ($size, $body) = (64, $petals);
    }

    return "<pattern id='t' width='$size' height='$size' "
        . "patternUnits='userSpaceOnUse'><rect width='$size' height='$size' "
        . "fill='$p->{main}'/><g fill='$ink'>$body</g></pattern>";
}


sub _jack {
    return "<pattern id='t' width='200' height='130' x='100' y='120' "
        . "patternUnits='userSpaceOnUse'><rect width='200' height='130' "
        . "fill='#34456b'/><path stroke='#f7f4ee' stroke-width='26' "
        . "d='M0 0l200 130M200 0L0 130'/><path stroke='#c4473d' "
        . "stroke-width='9' d='M0 0l200 130M200 0L0 130'/><path "
        . "stroke='#f7f4ee' stroke-width='40' d='M100 0v130M0 65h200'/><path "
        . "stroke='#c4473d' stroke-width='22' d='M100 0v130M0 65h200'/>"
        . "</pattern>";
}


# The pattern's definition and the body's fill.
sub _pattern {
    my ($title, $hash, $p) = @_;
    my ($name) = map { $_->[0] } grep { $title =~ /\b(?:$_->[1])\b/ } @PATTERNS;

    return (_jack(), 'url(#t)') if defined $name && $name eq 'jack';

    if (!defined $name) {
        my @some = qw(plain plain plain stripes dots floral zigzag plain
            plain gingham);
        $name = $some[($hash >> 5) % @some];
    }

    return ('', $p->{main}) if $name eq 'plain';

    my $ink = $name eq 'retro' || $name eq 'dots' ? '#fbf7f0' : $p->{second};

    $ink = _mix($p->{accent}, $p->{main}, 0.25) if _lightness($p->{main}) > 0.8;
    $ink = _mix($ink, $p->{main}, 0.2);

    return (_tile($name, $p, $ink), 'url(#t)');
}


sub _element {
    my ($shape, $attributes) = @_;

    if ($shape =~ /^o (\S+) (\S+) (\S+)$/) {
        return "<circle cx='$1' cy='$2' r='$3' $attributes/>";
    }

    if ($shape =~ /^e (\S+) (\S+) (\S+) (\S+)$/) {
        return "<ellipse cx='$1' cy='$2' rx='$3' ry='$4' $attributes/>";
    }

    if ($shape =~ /^r (\S+) (\S+) (\S+) (\S+) (\S+)$/) {
        return "<rect x='$1' y='$2' width='$3' height='$4' rx='$5' "
            . "$attributes/>";
    }

    return "<path d='$shape' $attributes/>";
}


sub _draw {
    my ($shape, $p, $fill) = @_;
    my %fills = (c => $p->{second}, a => $p->{accent}, k => $DARK,
        w => '#fffdf8', f => '#eda33f');
    my %strokes = (l => $DARK, m => $p->{main}, n => $p->{second},
        x => '#fffdf8');
    my $svg = '';

    for my $line (@{$shape->{lines}}) {
        my ($kind, $rest) = split ' ', $line, 2;

        if (my $stroke = $strokes{$kind}) {
            my ($width, $d) = split ' ', $rest, 2;
            $svg .= _element($d, "fill='none' stroke='$stroke' "
                . "stroke-width='$width' stroke-linecap='round' "
                . "stroke-linejoin='round'");
        } elsif ($kind eq 'b') {
            $svg .= _element($rest, "fill='$fill'");
            $svg .= _element($rest, "fill='url(#s)'");
        } elsif ($kind eq 'g') {
            $svg .= _element($rest, "fill='#fff' opacity='.38'");
        } elsif ($kind eq 'k') {
            $svg .= _element($rest, "fill='$DARK' opacity='.82'");
        } else {
            $svg .= _element($rest, "fill='$fills{$kind}'");
            $svg .= _element($rest, "fill='url(#s)'") if $kind eq 'c';
        }
    }

    return $svg;
}


my $SHADE = "<linearGradient id='s'><stop stop-color='#fff' "
    . "stop-opacity='.26'/><stop offset='.45' stop-color='#fff' "
    . "stop-opacity='0'/><stop offset='1' stop-opacity='.17'/>"
    . "</linearGradient>";


# A still life: the product on a table, before a wall.
sub _object {
    my ($title, $category, $hash) = @_;
    my $p = _palette($title, $hash);
    my ($tile, $fill) = _pattern($title, $hash, $p);
    my $drawing = _draw(_shape($title, $category, $hash), $p, $fill);
    my $turn = ($hash >> 17) % 7 - 3;

    return "<defs>$SHADE$tile<linearGradient id='w' x2='0' y2='1'><stop "
        . "stop-color='$p->{light}'/><stop offset='1' "
        . "stop-color='$p->{deep}'/></linearGradient></defs>"
        . "<rect width='400' height='400' fill='url(#w)'/>"
        . "<path d='M0 306h400v94H0z' fill='$p->{deep}' opacity='.75'/>"
        . "<ellipse cx='206' cy='322' rx='128' ry='15' fill='$DARK' "
        . "opacity='.17'/><g transform='rotate($turn 200 318)'>$drawing</g>";
}


# For articles without a title: a composition of circles, arcs and bars.
sub _abstract {
    my ($hash) = @_;
    my $colours = $PALETTES[$hash % @PALETTES];
    my $ground = $GROUNDS[($hash >> 4) % @GROUNDS];
    my $svg = "<rect width='400' height='400' fill='$ground->[0]'/>";
    my @inks = (@$colours, $DARK, $ground->[1], _mix($colours->[0],
        $colours->[2], 0.5));
    my $seed = $hash;

    for my $cell (0 .. 8) {
        my ($x, $y) = (50 + $cell % 3 * 100, 50 + int($cell / 3) * 100);
        $seed = ($seed * 1103515245 + 12345) & 0x7FFFFFFF;
        my $ink = $inks[($seed >> 9) % @inks];
        my $other = $inks[($seed >> 13) % @inks];
        my $turn = 90 * (($seed >> 17) % 4);
        my $kind = ($seed >> 20) % 8;
        my $move = "transform='rotate($turn " . ($x + 50) . ' ' . ($y + 50)
            . ")'";

        $svg .= "<g fill='$ink' $move>" . (
            "<path d='M$x ${y}h100a100 100 0 0 1-100 100z'/>",
            "<circle cx='@{[$x + 50]}' cy='@{[$y + 50]}' r='50'/>",
            "<path d='M$x ${y}h100v50a50 50 0 0 1-100 0z'/>",
            "<path d='M$x ${y}h100v100z'/>",
            "<path d='M$x ${y}h100v100h-100z'/><circle fill='$other' "
                . "cx='@{[$x + 50]}' cy='@{[$y + 50]}' r='26'/>",
            "<path d='M$x ${y}h22v100h-22zm39 0h22v100h-22zm39 0h22v100h-22z' "
                . "transform='translate(0)'/>",
            "<path d='M$x ${y}a100 100 0 0 0 100 100v-36a64 64 0 0 1-64-64z'/>"
                . "<circle fill='$other' cx='@{[$x + 80]}' cy='@{[$y + 20]}' "
                . "r='18'/>",
            "<path d='M@{[$x + 50]} ${y}a50 50 0 0 1 0 100 50 50 0 0 1 0-100"
                . "m0 24a26 26 0 0 0 0 52 26 26 0 0 0 0-52' "
                . "fill-rule='evenodd'/>",
        )[$kind] . '</g>';
    }

    return $svg;
}


# The picture of an item as an SVG document.
sub svg {
    my ($item) = @_;
    my $hash = _hash("$item->{id}/$item->{title}");
    my $title = uc $item->{title};
    my $body = $item->{untitled} ? _abstract($hash)
        : _object($title, $item->{category}, $hash);

    return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' "
        . "width='400' height='400'>$body</svg>";
}


# The shop's own mark.
sub icon {
    return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 64'><rect "
        . "width='64' height='64' rx='16' fill='#2f5d50'/><path d='M32 50c-24-14"
        . "-19-30-9-30q7 0 9 8 2-8 9-8c10 0 15 16-9 30z' fill='#f6efe5'/></svg>";
}


1;
