# A large model is swapped and rolled back again and again under load: no page
# fails, no worker is kept, nothing grows; workers share one copy of it.
#
#   RECO_MODEL_ITEMS      items of the model, 20000
#   RECO_MODEL_FOLDER     a version that is there, in place of one that is made
#   RECO_MODEL_SWAPS      how many, 200; a tenth as many rollbacks come after

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(time sleep clock_gettime CLOCK_PROCESS_CPUTIME_ID);

use Reco;
use Reco::Model;

my $items = $ENV{RECO_MODEL_ITEMS} || 20000;
my $swaps = $ENV{RECO_MODEL_SWAPS} || 200;
my $asan  = Reco::has_own_nginx();

my $world = Reco->new;
my $dir   = $world->{dir};

# -- two versions of one size, in memory as in production --

my $models = File::Temp::tempdir('reco-test-XXXXXX', DIR => '/dev/shm', CLEANUP => 1);
mkdir "$models/versions";
chmod 0755, $models;
if ($ENV{RECO_MODEL_FOLDER}) {
    system("cp -r $ENV{RECO_MODEL_FOLDER} $models/versions/000001") == 0 or die;
} else {
    system("$Reco::BUILD/t/support/synthetic_model", $items, 3 * $items,
        "$models/versions/000001") == 0 or die 'no model';
}
system("cp -r $models/versions/000001 $models/versions/000002") == 0 or die;

sub point {
    my ($version) = @_;

    symlink "versions/$version", "$models/current.next" or die;
    rename "$models/current.next", "$models/current" or die;
}

my $PAGE = '<html><body><!-- reco:related --><p>text</p></body></html>';
$world->write_file("www/product/item-$_", $PAGE) for 1 .. 200;

sub conf {
    my ($model) = @_;

    return <<"CONF";
    reco_zone shop:4m;
    $model
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /status { reco_status; }
        location / {
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=5;
        }
    }
CONF
}

sub status {
    return decode_json($world->get('/status?format=json')->{body});
}

# Memory of a worker that nobody shares, in KB.
sub private {
    my ($pid) = @_;

    my $sum = 0;
    $sum += $_ for $world->read_file("/proc/$pid/smaps_rollup")
        =~ /^Private_(?:Clean|Dirty): +(\d+)/mg;

    return $sum;
}

sub warm {
    my %seen;
    $world->wait_for(20, sub {
        $world->get('/product/item-' . (1 + int rand 200)) for 1 .. 50;
        return 1;
    });
}

# -- what a model costs a worker --

my $bytes = 0;
$bytes += -s for glob "$models/versions/000001/*";
my @cost;
for my $with (0, 1) {
    point('000001') if $with;
    $world->nginx(conf("reco_model $models;"), workers => 4);
    warm() for 1 .. 10;
    my @private = map { private($_) } $world->workers;
    push @cost, (sort { $a <=> $b } @private)[-1];
    $world->stop_nginx unless $with;
}
diag(sprintf 'a model of %.0f MB: %d KB private to a worker, %d KB without',
    $bytes / 1e6, $cost[1], $cost[0]);
SKIP: {
    skip 'a sanitizer has memory of its own', 2 if $asan;
    cmp_ok($cost[1] - $cost[0], '<=', 8192, 'at most 8 MB private to a worker');

    # Rss of a mapping counts what is there; Pss shares it out.
    my ($pss, $rss) = (0, 0);
    for my $pid ($world->workers) {
        for my $mapping (split /^(?=[0-9a-f]+-[0-9a-f]+ )/m,
                         $world->read_file("/proc/$pid/smaps"))
        {
            next unless $mapping =~ m{\A\S+ \S+ \S+ \S+ \S+ +\Q$models\E/};
            $rss += $1 if $mapping =~ /^Rss: +(\d+)/m;
            $pss += $1 if $mapping =~ /^Pss: +(\d+)/m;
        }
    }
    diag(sprintf 'mapped by four workers: %d KB, in memory %d KB', $rss, $pss);
    cmp_ok($pss * 1024, '<=', $bytes * 1.01 + 65536, 'one copy for all of them');
}
$world->stop_nginx;

# -- swaps under load --

$world->nginx(conf("reco_model $models check=20ms;"), workers => 2);

my $stop = "$dir/stop";
my @clients;
for my $client (1 .. 2) {
    my $pid = fork;
    if ($pid == 0) {
        my ($n, $failed, $longest) = (0, 0, 0);
        until (-e $stop) {
            $n++;
            my $start = time;
            my $page = eval { $world->get('/product/item-' . (1 + $n * 7 % 200),
                headers => { Cookie => 'reco=' . sprintf '%032x', $n % 50 }) };
            my $took = time - $start;
            $longest = $took if $took > $longest;
            my @parts = $page ? Reco::Model::parts($page->{body}) : ('');
            $failed++ unless $page && $page->{status} == 200 && $page->{complete}
                && $parts[0] eq $PAGE && 5 == (() = Reco::Model::ids($parts[1]));
        }
        $world->write_file("client-$client", "$n $failed $longest");
        POSIX::_exit(0);
    }
    push @clients, $pid;
}

# A machine that is shared makes any work take its time now and then: how much
# CPU time a third of a millisecond of it takes at most.
my $control = fork // die;
if ($control == 0) {
    my ($most, $work) = (0, 1000);
    my $turn = sub {
        my $start = clock_gettime(CLOCK_PROCESS_CPUTIME_ID);
        my $sum = 0;
        $sum += $_ for 1 .. $work;
        return clock_gettime(CLOCK_PROCESS_CPUTIME_ID) - $start;
    };
    my ($usual) = (sort { $a <=> $b } map { $turn->() } 1 .. 9)[4];
    $work *= 0.00033 / $usual;
    until (-e "$dir/stop") {
        my $took = $turn->();
        $most = $took if $took > $most;
        sleep 0.002;
    }
    $world->write_file('control', $most);
    POSIX::_exit(0);
}
push @clients, $control;

sub swapped {
    my ($version) = @_;

    my $before = status()->{counters}{model_swaps};
    point($version);

    return $world->wait_for(30, sub { status()->{counters}{model_swaps} >= $before + 2 });
}

# Mappings of each worker, of files and in all; and its memory.
sub footprint {
    my @all;
    for my $pid (sort { $a <=> $b } $world->workers) {
        my $maps = $world->read_file("/proc/$pid/maps");
        push @all, { files => scalar(() = $maps =~ m{\Q$models\E/}g),
                     maps => scalar(() = $maps =~ /\n/g), private => private($pid) };
    }
    return @all;
}

# Those that wait to be dropped are gone soon.
sub settled {
    my ($files) = @_;

    return $world->wait_for(20, sub { !grep { $_->{files} != $files } footprint() });
}

my $late = 0;
swapped($_ % 2 ? '000002' : '000001') or $late++ for 1 .. 20;
my ($first) = footprint();
my $files = () = glob "$models/versions/000001/*.{bin,faiss}";
ok(settled($files), 'one version is mapped, file by file')
    or diag(join ' ', map { $_->{files} } footprint());
my @before = footprint();

swapped($_ % 2 ? '000002' : '000001') or $late++ for 21 .. $swaps;
swapped($_ % 2 ? '000002' : '000001') or $late++ for 1 .. $swaps / 10;
is($late, 0, "$swaps swaps and " . $swaps / 10 . ' rollbacks were taken by each worker');

ok(settled($files), 'no mapping is left over')
    or diag(join ' ', map { $_->{files} } footprint());
my @after = footprint();
for my $i (0 .. $#before) {
    diag("private: $before[$i]{private} KB after 20 swaps, $after[$i]{private} KB at the end; "
        . "mappings: $before[$i]{maps}, $after[$i]{maps}");
    SKIP: {
        skip 'a sanitizer keeps what was freed', 2 if $asan;
        cmp_ok($after[$i]{private}, '<', $before[$i]{private} + 1024, 'memory did not grow');
        cmp_ok($after[$i]{maps}, '<', $before[$i]{maps} + 8, 'nor did mappings');
    }
}

$world->write_file('stop', '');
waitpid $_, 0 for @clients;
my ($asked, $failed, $longest) = (0, 0, 0);
for my $client (1 .. 2) {
    my ($n, $bad, $slowest) = split ' ', $world->read_file("client-$client");
    $asked += $n;
    $failed += $bad;
    $longest = $slowest if $slowest > $longest;
}
cmp_ok($asked, '>', 0, 'pages were asked for');
is($failed, 0, "no page of $asked failed");

# What takes its time again and again is the worker's; what did once, the machine's.
my $stall = status()->{model_stall_us_max};
for (1 .. 3) {
    last if $asan || $stall < 5000;
    diag("a turn took $stall us: once more");
    $world->stop_nginx;
    $world->start_nginx;
    swapped($_ % 2 ? '000002' : '000001') for 1 .. 40;
    $stall = status()->{model_stall_us_max};
}
my $noise = 1e6 * $world->read_file('control');
diag(sprintf 'longest turn of a worker for a model: %d us, of a loop of 330 us: %d; '
    . 'slowest page: %.1f ms', $stall, $noise, 1000 * $longest);
cmp_ok($stall, '>', 0, 'turns are measured');
SKIP: {
    skip 'a sanitizer takes its time', 1 if $asan;
    skip "a loop of 330 us took $noise here", 1 if $stall >= 5000 && $noise >= 2500;
    cmp_ok($stall, '<', 5000, 'no turn took 5 ms');
}

$world->stop_nginx;
$world->done;

done_testing;
