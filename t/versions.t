# Versions: trained, kept, made live, gone back from, pinned, pruned; and what
# a crash or a lost disk leaves.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $data  = "$Reco::ROOT/demo/data/eshop-clothing";

$world->trainer_conf(keep => 3, ials_dimensions => 8, ials_iterations => 2);

sub ctl {
    my ($command, @arguments) = @_;

    my ($code, $output) = $world->recoctl($command, '--config',
        "$dir/trainer.conf", @arguments);
    return wantarray ? ($code, $output) : $output;
}

sub live { return readlink("$dir/model/current") || 'none' }

my ($code, $output) = ctl('train');
is($code, 1, 'without a store there is nothing to train from');
like($output, qr/no store/, 'and it says so');
mkdir "$dir/$_" for 'archive', 'archive/versions';
($code, $output) = ctl('show');
like($output, qr/no live version in ".*archive": "recoctl train" makes one/,
    'nor is there one to show');

my @nowhere = map { ('--set', "$_=$dir/nowhere/$_") } 'model', 'archive', 'state';
for my $command (['versions'], ['versions', '--verify'], ['show'], ['diff', 1],
    ['status'], ['explain', '--session', 'a', '--item', 'b'], ['events'],
    ['export-examples'], ['promote', 1], ['rollback'], ['pin'], ['pin', '--off'],
    ['import-factors', '--items', $0, '--ids', $0], ['forget', '--no-redis', 'a'],
    ['train'])
{
    my ($name, @arguments) = @$command;
    ($code, $output) = ctl($name, @nowhere, @arguments);
    is($code, $name eq 'status' ? 0 : 1, "@$command, at a wrong path") or diag $output;
    like($output, qr{no (folder|store in) ".*/nowhere/}, 'says so');
    ok(!-e "$dir/nowhere", 'and makes nothing there');
}

($code, $output) = ctl('import', '--latest', 'now', "$data/valid.tsv.gz");
is($code, 0, 'history') or diag $output;
my $mask = umask 0077;
($code, $output) = ctl('train');
umask $mask;
is($code, 0, 'a version is trained') or diag $output;
my @hidden = grep { !-l && !((stat)[2] & 0004) }
    split /\n/, `find $dir/model $dir/archive`;
is("@hidden", '', 'which every user can read, whatever the umask');
is((stat "$dir/state/data.mdb")[2] & 0007, 0, 'as they cannot the store');

umask 0077;
ctl('export-examples', '--out', "$dir/examples");
umask $mask;
is((stat "$dir/examples")[2] & 0777, 0600, 'nor what is exported to a file');
is(live(), 'versions/000001', 'and live');
is(readlink "$dir/archive/current", 'versions/000001', 'in the archive too');

like(ctl('show'), qr/"id":\s*"000001"/, 'its manifest is shown');
like(ctl('versions', '--verify'), qr/^000001\s+live/m, 'and it is listed');

ctl('train') for 1 .. 2;
is(live(), 'versions/000003', 'a third one');
like(ctl('show'), qr/"parent":\s*"000002"/, 'names its parent');

like(ctl('rollback'), qr/000002 is live/, 'one back');
like(ctl('rollback'), qr/000001 is live/, 'and one more');
is(live(), 'versions/000001', 'is live');
($code, $output) = ctl('rollback');
is($code, 1, 'there is no more to go back to');
like(ctl('promote', 3), qr/000003 is live/, 'any can be promoted');
like(ctl('rollback'), qr/000001 is live/, 'and gone back from');

rename "$dir/model", "$dir/gone";
ctl('versions');
ok(!-e "$dir/model", 'nobody who reads makes the folder of nginx anew');
like(ctl('promote', 1), qr/000001 is live/, 'who makes a version live does');
is(live(), 'versions/000001', 'and it is there');

($code, $output) = ctl('promote', 9);
is($code, 1, 'one that is not there cannot');
like($output, qr/there is no version 000009/, 'which it says');
for my $command ('show', 'diff', 'pin') {
    ($code, $output) = ctl($command, 9);
    is($code, 1, "$command of one that is not there");
    like($output, qr/there is no version 000009; "recoctl versions"/, 'says so');
}
($code, $output) = ctl('promote', '../../etc');
is($code, 2, 'nor what is no version');

ctl('pin', 2);
is(live(), 'versions/000002', 'a pinned version is live');
like(ctl('train'), qr/not published: another one is pinned/,
    'and stays so when another is trained');
is(live(), 'versions/000002', 'indeed');
($code, $output) = ctl('promote', 4);
like($output, qr/pinned/, 'and when another is promoted');
ctl('pin', 9);
like(scalar ctl('versions'), qr/^000002 +pinned/m,
    'a pin that fails leaves the one before');
my $list = decode_json(scalar ctl('versions', '--json', '--verify'));
is_deeply([map { "$_->{version} $_->{state} $_->{whole}" } @$list],
    ['000002 pinned 1', '000003  1', '000004  1'], 'as JSON too');
cmp_ok($list->[0]{trained}{events}, '>', 1000, 'with what each learnt from');
ctl('pin', '--off');
ctl('promote', 4);
is(live(), 'versions/000004', 'until it is released');

ctl('train') for 1 .. 2;
is_deeply([map { m{(\d+)$} } glob "$dir/archive/versions/*"],
    ['000004', '000005', '000006'], 'the newest are kept');
like(ctl('diff', 4), qr/^created .* -> /m, 'two can be compared');
my $difference = decode_json(scalar ctl('diff', 4, '--json'));
is("$difference->{from} $difference->{to}", '000004 000006', 'as JSON too');
my $created = $difference->{manifest}{created};
cmp_ok($created->{from}, '<', $created->{to}, 'with both values');
is($difference->{gone}{count} + $difference->{new}{count}, 0,
    'and the items of one alone');

my $status = decode_json(scalar ctl('status', '--json'));
is($status->{model}{version}, '000006', 'the status as JSON: the version');
is($status->{model}{created}, $created->{to}, 'its time');
cmp_ok($status->{store}{events}, '>', 1000, 'the store');
cmp_ok($status->{store}{counters}{view}, '>', 1000, 'its counters');
like(scalar ctl('status'), qr/^  view +$status->{store}{counters}{view}$/m,
    'which are those of the text');
ok($status->{redis}{streams} || $status->{redis}{error}, 'and Redis');

# -- the gate --

($code, $output) = ctl('import', '--latest', '2100-01-01',
    "$data/test.tsv.gz");
isnt($code, 0, 'history from the future is refused');

# -- losses --

system 'rm', '-rf', "$dir/model";
my ($once) = $world->run("$Reco::BUILD/reco-trainer", '-c',
    "$dir/trainer.conf", '--once');
is($once, 0, 'the memory with the model is gone: training goes on');
is(live(), 'versions/000007', 'and publishes');
system 'rm', '-rf', "$dir/model";
$world->trainer;
ok($world->wait_for(10, sub { live() eq 'versions/000007' }),
    'the trainer restores what was live');
$world->stop_trainer;

SKIP: {
    my ($memory) = eval { tempdir(DIR => '/dev/shm', CLEANUP => 1) };
    skip 'no other file system to copy to', 6
        if !$memory || (stat $memory)[0] == (stat $dir)[0];

    # A folder in memory that gets full: no file there may exceed 32 KiB.
    my @memory = ('--set', "model=$memory/model");
    my @full = ('bash', '-c', "trap '' XFSZ; ulimit -f 32; exec \"\$@\"", 'full');
    ctl('promote', 6, @memory);
    ($code, $output) = $world->run(@full, "$Reco::BUILD/recoctl", 'promote', 5,
        '--config', "$dir/trainer.conf", @memory);
    is($code, 1, 'a model that does not fit in memory');
    like($output, qr/cannot write .*incoming/, 'is not published');
    is(readlink "$dir/archive/current", 'versions/000006', 'the one before stays live');
    is(readlink "$memory/model/current", 'versions/000006', 'and for nginx');
    ok(!-e "$memory/model/incoming", 'and its parts take no memory up');
    like(ctl('promote', 7, @memory), qr/000007 is live/, 'until there is room');
}

mkdir "$dir/archive/building";
mkdir "$dir/archive/building/000099";
$world->write_file("$dir/archive/building/000099/manifest.json", '{');
mkdir "$dir/model/incoming";
$world->write_file("$dir/model/incoming/manifest.json", '{');
($code, $output) = ctl('train');
is($code, 0, 'what a crash left behind is no hindrance') or diag $output;
is(live(), 'versions/000008', 'nor taken for a version');
ok(!-e "$dir/archive/building/000099", 'and is removed');

my $file = "$dir/archive/versions/000007/popular.bin";
open my $out, '+<', $file or die;
seek $out, -1, 2;
print $out "\xff";
close $out;
($code, $output) = ctl('versions', '--verify');
is($code, 1, 'a damaged version is found');
($code, $output) = ctl('promote', 7);
is($code, 1, 'and cannot be made live');
is(live(), 'versions/000008', 'nothing changed');

# -- what nothing can be published to --

system 'rm', '-rf', "$dir/model/current";
mkdir "$dir/model/current" or die;
$world->write_file("$dir/model/current/in the way", '');
for (1 .. 4) {
    ($code, $output) = ctl('train');
    is($code, 1, 'a version that cannot be made live is a failure');
}
like($output, qr/version \d+ is kept, and could not be made live: .*current/,
    'but is kept');
my @kept = glob "$dir/archive/versions/*";
cmp_ok(scalar @kept, '<=', 4, 'as one of those that the archive keeps') or diag "@kept";

$world->done;
done_testing;
