package Reco::Model;

# Small models of known contents, and pages taken apart again.
#
#   Reco::Model::publish($world, '000001', items => 50);
#   my ($page, @blocks) = Reco::Model::parts($body);

use strict;
use warnings;

use Reco;


# Items sku-1 ... sku-N with falling popularity; sessions in which sku-I is
# followed by sku-I+1 and sku-I+3; a rule for each of these pairs.
sub lines {
    my (%option) = @_;

    my $n = $option{items} || 50;
    my $prefix = $option{prefix} || 'sku';
    my $title = $option{title} || sub { "Title $_[0]" };
    my @lines;
    for my $i (1 .. $n) {
        push @lines, join "\t", 'item', "$prefix-$i", $title->($i),
            'cat' . $i % 5, "$i.99", 1000 - $i;
    }
    for my $i (1 .. $n - 3) {
        push @lines, join "\t", 'session', 1_700_000_000 + $i,
            map { "$prefix-$_" } $i, $i + 1, $i + 3;
        push @lines, join("\t", 'next', "$prefix-$i", "$prefix-" . ($i + 1), 0.9),
            join("\t", 'next', "$prefix-$i", "$prefix-" . ($i + 3), 0.5)
            unless $option{overlay};
    }

    return join '', map { "$_\n" } @lines, @{ $option{lines} || [] };
}


# Writes a version (or, with overlay => 1, an overlay on it) into the world's
# model folder and makes it the current one.
sub publish {
    my ($world, $version, %option) = @_;

    my $input = $world->write_file("model-$version.txt", lines(%option));
    my $command = join ' ', "$Reco::BUILD/t/support/write_model",
        $option{dir} || "$world->{dir}/model", $version,
        $option{overlay} ? 'overlay' : (), '<', $input;
    my $output = `$command 2>&1`;
    die "cannot write model $version: $output" if $? != 0;

    return;
}


my $BLOCK = qr{<section class="reco".*?</section>}s;


# The page without its blocks, and the blocks.
sub parts {
    my ($body) = @_;

    my @blocks = $body =~ /($BLOCK)/g;
    $body =~ s/$BLOCK//g;

    return ($body, @blocks);
}


# External ids of the items of a block, in order.
sub ids {
    my ($block) = @_;

    return defined $block ? $block =~ /data-reco-item="([^"]*)"/g : ();
}

1;
