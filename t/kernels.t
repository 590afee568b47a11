#!/usr/bin/env perl

# The engine's arithmetic has equal results on every processor, to the last bit:
# all sets of kernels of this one, and those of ARM (NEON) in an emulator, where
# a compiler for it and the emulator are there.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Reco;
use Test::More;

my $dir = Reco->new->{dir};
my @sources = ("$Bin/support/kernel_results.c",
    map {"$Bin/../lib/engine/reco_engine_$_.c"} qw(kernels scan score partition select vote));

# What a program for a processor prints: a sum for each set of kernels.
sub results {
    my ($name, $compiler, @emulator) = @_;

    my $program = "$dir/$name";
    system($compiler, qw(-std=gnu17 -O2 -Wall -Wextra -Werror -static), "-I$Bin/../lib",
        '-o', $program, @sources, '-lm') == 0 or return;
    open my $out, '-|', @emulator, $program or return;
    my %results = map { (split)[0, 1] } <$out>;
    close $out or return;

    return \%results;
}

my $here = results('here', 'cc');
ok($here && $here->{baseline}, 'kernels of this processor');
my $expected = $here->{baseline};

is($here->{$_}, $expected, "$_ as baseline") for sort keys %$here;

SKIP: {
    my $compiler = 'aarch64-linux-gnu-gcc';
    my ($emulator) = grep { -x } map { ("$_/qemu-aarch64", "$_/qemu-aarch64-static") }
        split /:/, $ENV{PATH};

    skip "no $compiler", 1 if $^O ne 'linux' || !grep { -x "$_/$compiler" } split /:/, $ENV{PATH};
    skip 'no qemu-aarch64 (Debian: qemu-user)', 1 unless $emulator;

    my $arm = results('arm', $compiler, $emulator);
    is($arm && $arm->{baseline}, $expected, 'NEON as baseline');
}

done_testing;
