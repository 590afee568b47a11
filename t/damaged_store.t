# A store's file that was cut short or written over ends recoctl and the trainer
# with a message that names it, and without a crash.  A full disk is called one.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use POSIX qw(SIGBUS);
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $file  = "$dir/state/data.mdb";

$world->trainer_conf;
my ($code, $output) = $world->ctl('import', '--latest', 'now',
    "$Reco::ROOT/demo/data/eshop-clothing/valid.tsv.gz");
is($code, 0, 'a store') or diag $output;
my $sound = $world->read_file($file);

sub is_told {
    my ($name, $code, $output, $pattern) = @_;

    is($code, 1, "$name fails, and does not crash");
    like($output, $pattern, 'and says which file it is') or diag $output;
}

sub damage {
    my ($bytes) = @_;

    open my $out, '>:raw', $file or die "$file: $!";
    print $out $bytes;
    close $out or die "$file: $!";
}

sub all_tell {
    my ($how, $pattern) = @_;

    for my $command (['events'], ['train'], ['forget', '--no-redis', 'nobody']) {
        is_told("$how: recoctl @$command", $world->ctl(@$command), $pattern);
    }
    for my $once ([], ['--once']) {
        is_told("$how: reco-trainer @$once", $world->run(
            "$Reco::BUILD/reco-trainer", '-c', "$dir/trainer.conf", @$once),
            $pattern);
    }
}

my $lost = qr/^(?:recoctl|reco-trainer): cannot read "\Q$file\E": it was cut short/m;

damage(substr $sound, 0, length($sound) / 2);
all_tell('half of it', $lost);

damage(substr $sound, 0, 2 * 4096);
all_tell('its meta pages', $lost);

damage(substr($sound, 0, 2 * 4096) . "\xff" x (length($sound) - 2 * 4096));
all_tell('its pages written over', $lost);

damage('x' x length $sound);
all_tell('another file', qr/cannot open the store "\Q$dir\E\/state": .*not an LMDB/);

damage($sound);
($code, $output) = $world->ctl('events', '--limit', 1);
is($code, 0, 'restored, it is read') or diag $output;

# -- the signal that a lost page is told by, sent by somebody --

{
    my $pid = open my $import, '|-', "$Reco::BUILD/recoctl", 'import', '--state', "$dir/state",
        '--format', 'jsonl', '-' or die "recoctl: $!";
    $world->wait_for(60, sub {
        my ($caught) = $world->read_file("/proc/$pid/status") =~ /^SigCgt:\s*(\w+)/m;
        return hex(substr $caught // 0, -8) & 1 << SIGBUS - 1;
    });
    kill 'BUS', $pid;
    close $import;
    is($? & 127, SIGBUS, 'ends recoctl at once');
}

SKIP: {
    my $disk = "$dir/disk";
    mkdir $disk;
    skip 'not permitted to mount a small disk', 3
        if system("mount -t tmpfs -o size=600k tmpfs $disk 2>/dev/null") != 0;
    my @import = ('import', '--state', "$disk/state", '--latest', 'now',
        "$Reco::ROOT/demo/data/eshop-clothing/valid.tsv.gz");

    ($code, $output) = $world->recoctl(@import);
    is($code, 1, 'a store that the disk has no room for');
    like($output, qr{cannot write to the store "\Q$disk\E/state": No space left on device},
        'says so');
    system 'mount', '-o', 'remount,size=60m', $disk;
    ($code, $output) = $world->recoctl(@import);
    is($code, 0, 'with more room it takes what is missing') or diag $output;
    system 'umount', $disk;
}

$world->done;
done_testing;
