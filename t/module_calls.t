# What a worker asks the kernel while it makes pages: no thread, nothing that
# waits, and nothing that it would not ask without the module, but for what its
# timers do; and fewer writes.

use strict;
use warnings;

use Fcntl qw(O_NONBLOCK);
use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Reco;
use Reco::Model;

plan skip_all => 'strace is not installed' unless -x '/usr/bin/strace';
plan skip_all => 'a sanitizer asks for more' if Reco::has_own_nginx();

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
Reco::Model::publish($world, $_, items => 60) for qw(000002 000001);

my $page = '<html><body><!-- reco:related --><p>' . 'text ' x 2000 . '</p><!-- reco:for-you --></body></html>';
my $long = $page =~ s{</p>}{'text ' x 6000 . '</p>'}er;
my $top = $long =~ s{(<p>.*</p>)(.*)(</body>)}{$2$1$3}sr;
my $origin = $world->origin(sub {
    return { body => $_[0]{path} =~ /long/ ? $long : $_[0]{path} =~ /top/ ? $top : $page };
});

# sync=off: the disk is not asked for anything, not even once a second.
$world->nginx(<<"CONF");
    reco_model $dir/model check=50ms;
    reco_zone shop:1m;
    reco_redis unix:$dir/redis.sock stream=events shards=1;
    reco_outbox $dir/outbox size=1m sync=off;
    reco_profiles redis budget=10ms;
    server {
        listen 127.0.0.1:$world->{port};
        location = /status { reco_status; }
        location /off/ { proxy_pass http://127.0.0.1:$origin; }
        location /on/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=8;
            reco_slot for-you n=8 source=for-you;
        }
    }
CONF
$world->get('/on/sku-1') for 1 .. 20;
my ($worker) = $world->workers;

# Calls of the worker while so many pages are asked for, by name.
sub calls {
    my ($place, $pages, $code, $behind) = @_;

    my $log = "$dir/logs/strace-$place.txt";
    unlink $log;
    my $strace = $world->start('strace', 'strace', '-f', '-q', '-o', $log, '-p', $worker);
    $world->wait_for(20, sub {
        $world->get('/status');
        return -s $log || !kill 0, $strace || waitpid($strace, POSIX::WNOHANG()) != 0;
    });
    return unless -s $log;

    my $good = 0;
    for my $n (1 .. $pages) {
        my $response = $world->get("/$place/sku-" . (1 + $n % 60) . ($behind || ''),
            headers => { Cookie => sprintf 'reco=%032x', $n % 40 });
        $good++ if $response->{status} == 200
            && (() = $response->{body} =~ /data-reco-block=/g) == ($place eq 'on' ? 2 : 0);
        $code->($n) if $code;
    }
    is($good, $pages, "$place: pages are right");
    $world->stop($strace, 'INT');

    my %calls;
    $calls{$_}++ for $world->read_file($log) =~ /^\d+ +(?:<\.\.\. )?([a-z]\w*)(?:\(| resumed>)/mg;

    return \%calls;
}

my $off = calls('off', 200);
if (!$off) {
    pass('not shown: tracing a process is not permitted here');
    diag('tracing a process is not permitted here: nothing was shown');
    $world->stop_nginx;
    $world->done;
    done_testing;
    exit;
}

# Meanwhile versions come and go.
my $on = calls('on', 200, sub {
    my ($n) = @_;
    return if $n % 40;
    symlink sprintf('versions/%06d', 1 + ($n / 40) % 2), "$dir/model/current.next";
    rename "$dir/model/current.next", "$dir/model/current";
    sleep 0.2;
});

my @waiting = qw(clone clone3 fork vfork execve futex nanosleep clock_nanosleep poll ppoll
    select pselect6 pause wait4 fsync fdatasync msync sync_file_range semop
    restart_syscall io_submit io_uring_enter);
is_deeply([grep { $on->{$_} } @waiting], [], 'no thread, and nothing that waits');

# Looking at the model and for other workers' outboxes, talking with Redis, memory.
my %own = map { $_ => 1 } qw(readlink stat newfstatat fstat openat open read close mmap munmap
    madvise brk lseek pread64 fcntl getrandom clock_gettime write sendto recvfrom writev readv
    getpid getppid gettid uname clock_gettime64 restart_syscall socket connect getsockopt
    setsockopt epoll_ctl ioctl getsockname flock getdents64);
# What a timer asks for now and then is not a page's: of 200 pages a tenth have to.
is_deeply([sort grep { $on->{$_} >= 20 && !$off->{$_} && !$own{$_} } keys %$on], [],
    'nothing else that is new');

# Every descriptor that is read or written is one that does not wait.
my $trace = $world->read_file('logs/strace-on.txt');
is_deeply([$trace =~ /^(\d+ +flock\((?!.*LOCK_NB).*)$/mg], [], 'a lock is tried, not waited for');
cmp_ok(waiting_sockets(<<'TRACE'), '==', 1, 'a call that would wait is seen');
1 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 9
1 ioctl(9, FIONBIO, [1]) = 0
1 connect(9, {sa_family=AF_INET}, 16) = -1 EINPROGRESS (Operation now in progress)
1 socket(AF_UNIX, SOCK_STREAM, 0) = 10
1 connect(10, {sa_family=AF_UNIX}, 110) = 0
TRACE
is_deeply([waiting_sockets($trace)], [], 'sockets that are made do not wait');

# Those that were there before, by what the kernel says of them.
my ($sockets, @wait) = (0);
for my $descriptor (glob "/proc/$worker/fd/*") {
    next unless (readlink $descriptor // '') =~ /^socket:/;
    $sockets++;
    my ($flags) = $world->read_file($descriptor =~ s{/fd/}{/fdinfo/}r) =~ /^flags:\s+(\d+)/m;
    push @wait, $descriptor if defined $flags && !(oct($flags) & O_NONBLOCK);
}
cmp_ok($sockets, '>', 2, 'the worker has sockets');
is_deeply(\@wait, [], 'and none of them waits');

# Calls that would wait: on a socket that was made here and not told not to.
sub waiting_sockets {
    my ($trace) = @_;

    my (%waits, @found);
    for (split /\n/, $trace) {
        if (my ($how, $descriptor) = / (?:socket|accept4?)\((.*)\) = (\d+)$/) {
            $waits{$descriptor} = $how !~ /SOCK_NONBLOCK/;
        } elsif (/ ioctl\((\d+), FIONBIO, \[1\]\)/ || / fcntl\((\d+), F_SETFL, .*O_NONBLOCK/) {
            delete $waits{$1};
        } elsif (/ close\((\d+)\)/) {
            delete $waits{$1};
        } elsif (/ (?:connect|read|readv|recv\w*|write|writev|send\w*)\((\d+)/ && $waits{$1}) {
            push @found, $_;
        }
    }

    return @found;
}

# A page's writes to who asked for it, and its reads behind the origin's header, by the
# trace of its worker.
sub page_calls {
    my ($place) = @_;

    calls('on', 1, undef, $place);
    my ($client, $rest) = $world->read_file("logs/strace-on.txt")
        =~ / recvfrom\((\d+), "GET \/on\/(.*)/s or return (0, 0);
    my ($origin) = $rest =~ / recvfrom\((\d+), "HTTP\/1.1 200/ or return (0, 0);

    return map { scalar(() = $rest =~ /^\d+ +$_, .*$/mg) } "writev\\($client", "readv\\($origin";
}

# A piece is written by itself where the origin is slow; a page that has come as a whole
# is read at once and goes out at once, wherever its blocks are.  nginx alone makes nine
# reads of it, and five writes.
for my $where (qw(long top)) {
    my @least;
    $world->wait_for(60, sub {
        my @calls = page_calls("/$where");
        @least = @calls if $calls[0] && !(@least && $least[0] + $least[1] < $calls[0] + $calls[1]);
        return @least && $least[0] + $least[1] <= 2;
    });
    is("@least", '1 1', "$where: a page is read at once, and goes out in one write");
}

# Calls that go with pages, not with time.
my $count = sub { my $n = 0; $n += $_[0]{$_} || 0 for qw(openat read write sendto recvfrom writev
    readv close epoll_ctl connect socket accept4 sendfile); return $n / 200 };
diag(sprintf 'calls for a page: %.1f without the module, %.1f with it, events to Redis included',
    $count->($off), $count->($on));

$world->stop_nginx;
$world->done;

done_testing;
