package Reco;

# One private world for a test: nginx, Redis, trainer and origins on free
# ports in a temporary folder.  Everything that was started is stopped and
# removed when the test ends, however it ends; the test fails where a log holds
# an alert or a sanitizer's report.
#
#   my $world = Reco->new;
#   my $redis = $world->redis;
#   my $origin = $world->origin(sub { my $request = shift; ... });
#   $world->nginx(<<"CONF");          # goes inside http { }
#       server { listen $world->{port}; location / { ... } }
#   CONF
#   is($world->get('/')->{status}, 200);
#   $world->done;
#
# RECO_BUILD names the build under test (default: build).  Where it holds an
# nginx of its own (build/asan has one), that is run in place of Debian's; a test
# that builds an nginx itself says so in $Reco::NGINX and $Reco::MODULE.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(:sys_wait_h);
use Test::More ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

use Reco::HTTP;
use Reco::Origin;
use Reco::Redis;

our $ROOT  = abs_path(dirname(__FILE__) . '/../..');
our $BUILD = abs_path($ENV{RECO_BUILD} || "$ROOT/build") || "$ROOT/build";
our $NGINX  = -x "$BUILD/nginx" ? "$BUILD/nginx" : '/usr/sbin/nginx';
our $MODULE = -x "$BUILD/nginx" ? undef : "$BUILD/ngx_http_reco_module.so";

$ENV{LSAN_OPTIONS} = join ':', $ENV{LSAN_OPTIONS} || (),
    "suppressions=$ROOT/t/lsan.supp", 'print_suppressions=0';

my @worlds;


sub new {
    my ($class, %option) = @_;

    my $self = bless {
        dir      => File::Temp::tempdir('reco-test-XXXXXX', TMPDIR => 1),
        owner    => $$,
        children => {},
        expected => [],
        %option,
    }, $class;

    # nginx's workers may run as another user.
    chmod 0755, $self->{dir};
    make_path(map { "$self->{dir}/$_" } qw(logs tmp model outbox state));
    chmod 0777, map { "$self->{dir}/$_" } qw(model outbox);
    $self->{port} = free_port();
    push @worlds, $self;

    return $self;
}


# A port that nothing listens on, and that no other test gets as long as this one
# runs: a socket of its name, which is no file, says that it is taken.
my @taken;

sub free_port {
    for (1 .. 1000) {
        my $port = 20000 + int(rand(12000));
        my $mark = IO::Socket::UNIX->new(Local => "\0reco-test-port-$port",
            Listen => 1) or next;
        my $socket = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $port,
            Proto     => 'tcp',
            Listen    => 1,
        ) or next;
        close $socket;
        push @taken, $mark;
        return $port;
    }
    die "no free port found";
}


sub write_file {
    my ($self, $name, $content) = @_;

    my $path = $name =~ m{^/} ? $name : "$self->{dir}/$name";
    make_path(dirname($path));
    open my $file, '>:raw', $path or die "cannot write $path: $!";
    print {$file} $content;
    close $file or die "cannot write $path: $!";

    return $path;
}


sub read_file {
    my ($self, $name) = @_;

    my $path = $name =~ m{^/} ? $name : "$self->{dir}/$name";
    open my $file, '<:raw', $path or return '';
    local $/;
    my $content = <$file>;

    return defined $content ? $content : '';
}


# Starts a program with its output in logs/NAME.log; returns its pid.
sub start {
    my ($self, $name, @command) = @_;

    my $log = "$self->{dir}/logs/$name.log";
    my $pid = fork;
    die "cannot fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDOUT, '>>', $log or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
        open STDIN, '<', '/dev/null';
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    $self->{children}{$pid} = $name;

    return $pid;
}


# Seconds by a clock that nobody sets.
sub now {
    return clock_gettime(CLOCK_MONOTONIC);
}


# Sends a signal and waits for the end; KILL after five minutes.  Returns the wait
# status, or undef where it was no longer there.
sub stop {
    my ($self, $pid, $signal) = @_;

    return unless defined $pid && delete $self->{children}{$pid};
    kill $signal || 'TERM', $pid;
    kill 'CONT', $pid;

    my $deadline = now() + 300;
    while (now() < $deadline) {
        my $ended = waitpid $pid, WNOHANG;
        return $? if $ended == $pid;
        return if $ended == -1;    # seen before
        sleep 0.02;
    }
    kill 'KILL', $pid;
    waitpid $pid, 0;

    return $?;
}


# Runs a program to its end: (exit code, output of both kinds).
sub run {
    my ($self, @command) = @_;

    my $pid = open my $pipe, '-|';
    die "cannot fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    local $/;
    my $output = <$pipe>;
    close $pipe;

    return ($? >> 8 || $? & 127, defined $output ? $output : '');
}


# Waits until the code answers true; false after so many seconds, or three minutes
# where that is longer: a machine may be slow, and only a failure waits so long.
sub wait_for {
    my ($self, $seconds, $code) = @_;

    my $deadline = now() + ($seconds < 180 ? 180 : $seconds);
    while (1) {
        my $value = $code->();
        return $value if $value;
        return 0 if now() > $deadline;
        sleep 0.05;
    }
}


# Waits until the code says that nothing is left, by '' or 0, however long that
# takes; false when what it says has been the same for two minutes.
sub wait_out {
    my ($self, $code) = @_;

    my ($before, $since) = ('', now());
    while (my $left = $code->()) {
        ($before, $since) = ($left, now()) if $left ne $before;
        return 0 if now() > $since + 120;
        sleep 0.05;
    }

    return 1;
}


# Stops a process, and is back when all of its threads stand still.
sub suspend {
    my ($self, $pid) = @_;

    kill 'STOP', $pid;
    $self->wait_for(60, sub {
        !grep { $self->read_file($_) !~ /\) T/ } glob "/proc/$pid/task/*/stat";
    });
}


# -- Redis ------------------------------------------------------------------

# Starts Redis (again) on one port and socket; returns a client.  It writes as
# conf/redis.conf has it: with "everysec" a busy disk lets it confirm what a kill
# then takes away.
sub redis {
    my ($self, @arguments) = @_;

    $self->{redis_port} ||= free_port();
    $self->{redis_socket} = "$self->{dir}/redis.sock";
    $self->{redis_arguments} = \@arguments if @arguments;

    $self->{redis_pid} = $self->start('redis', 'redis-server',
        '--bind', '127.0.0.1', '--port', $self->{redis_port},
        '--unixsocket', $self->{redis_socket}, '--unixsocketperm', '777',
        '--dir', $self->{dir}, '--save', '', '--appendonly', 'yes',
        '--appendfsync', 'always', '--auto-aof-rewrite-min-size', '256mb',
        '--daemonize', 'no', @{ $self->{redis_arguments} || [] });

    my $client;
    $self->wait_for(20, sub {
        $client = eval { Reco::Redis->new(port => $self->{redis_port}) }
            or return 0;
        my $answer = eval { $client->command('PING') } || $@;
        return $answer =~ /PONG|NOAUTH/;
    }) or die "Redis did not start: " . $self->read_file('logs/redis.log');

    return $client;
}


sub stop_redis {
    my ($self, $signal) = @_;

    $self->stop(delete $self->{redis_pid}, $signal);
}


# -- nginx ------------------------------------------------------------------

# What takes beacons and forwards them by these parameters of reco_redis, however
# fast they come, with an outbox of this size.
sub capture_conf {
    my ($self, $redis, $size) = @_;

    return <<"CONF";
    reco_redis  $redis;
    reco_outbox $self->{dir}/outbox size=$size;
    reco_robot_rate 0;
    server {
        listen 127.0.0.1:$self->{port};
        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }
    }
CONF
}


sub nginx_binary {
    return $NGINX;
}


sub has_own_nginx {
    return !defined $MODULE;
}


# Writes nginx.conf.  Options: main => text at the top level, events => text,
# workers => N, user => name of the workers', where root runs the test, shutdown =>
# worker_shutdown_timeout.
sub nginx_conf {
    my ($self, $http, %option) = @_;

    my $dir     = $self->{dir};
    my $workers = $option{workers} || 1;
    my $load    = defined $MODULE ? "load_module $MODULE;" : '';
    my $user    = $> == 0 ? 'user ' . ($option{user} || 'root') . ';' : '';
    my $main    = $option{main} || '';
    my $shutdown = $option{shutdown} || '5s';
    my $events  = $option{events} || '';

    return $self->write_file('nginx.conf', <<"CONF");
$load
$user
$main
daemon off;
# For a sanitizer in a binary that nginx starts itself, in an upgrade.
env LSAN_OPTIONS;
env ASAN_OPTIONS;
worker_processes $workers;
worker_shutdown_timeout $shutdown;
pid $dir/nginx.pid;
error_log $dir/logs/error.log info;

events {
    worker_connections 512;
    $events
}

http {
    access_log off;
    default_type text/plain;
    types { text/html html; text/css css; application/javascript js; }
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;
$http
}
CONF
}


# Writes the configuration, starts nginx and waits until it listens.
sub nginx {
    my ($self, $http, %option) = @_;

    $self->nginx_conf($http, %option);
    $self->start_nginx;
}


sub start_nginx {
    my ($self) = @_;

    my $dir = $self->{dir};
    $self->{nginx_pid} = $self->start('nginx', nginx_binary(),
        '-p', $dir, '-e', "$dir/logs/error.log", '-c', "$dir/nginx.conf");

    $self->wait_for(30, sub {
        waitpid($self->{nginx_pid}, WNOHANG) == 0 or return 1;
        return Reco::HTTP::can_connect($self->{port});
    });
    Reco::HTTP::can_connect($self->{port})
        or die "nginx did not start: " . $self->read_file('logs/error.log')
               . $self->read_file('logs/nginx.log');

    # It listens before there is a worker.
    $self->wait_for(30, sub { $self->workers });

    return $self->{nginx_pid};
}


# nginx -t on a configuration: (ok, output).
sub nginx_test {
    my ($self, $http, %option) = @_;

    $self->nginx_conf($http, %option);
    # nginx lets go of what a mere test took by ending.
    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} || (), 'detect_leaks=0';
    my ($code, $output) = $self->run(nginx_binary(), '-t', '-p', $self->{dir},
        '-e', "$self->{dir}/logs/test.log", '-c', "$self->{dir}/nginx.conf");

    return ($code == 0, $output);
}


# Until the old workers are gone: while they leave, they answer, count and see
# models as well.
sub reload {
    my ($self) = @_;

    my @old = $self->workers;
    $self->start_reload;
    $self->wait_for(60, sub { !grep { kill 0, $_ } @old });
}


sub start_reload {
    my ($self) = @_;

    kill 'HUP', $self->{nginx_pid};
}


sub stop_nginx {
    my ($self, $signal) = @_;

    $self->stop(delete $self->{nginx_pid}, $signal || 'QUIT');
}


# Pids of the worker processes that are not shutting down.
sub workers {
    my ($self) = @_;

    return grep { $_ } map {
        my ($pid) = m{/proc/(\d+)/stat$};
        my $stat = $self->read_file($_);
        my $title = $self->read_file("/proc/$pid/cmdline");
        $stat =~ /\) \S (\d+)/ && $1 == ($self->{nginx_pid} || 0)
            && $title =~ /worker process/ && $title !~ /shutting down/
            ? $pid : ();
    } glob '/proc/[0-9]*/stat';
}


sub error_log {
    my ($self) = @_;

    return $self->read_file('logs/error.log');
}


# Lines of the logs that match are expected by the test.
sub expect_log {
    my ($self, $pattern) = @_;

    push @{ $self->{expected} }, $pattern;
}


# -- HTTP -------------------------------------------------------------------

sub get {
    my ($self, $path, %option) = @_;

    return Reco::HTTP::request($self->{port}, 'GET', $path, %option);
}


sub post {
    my ($self, $path, $body, %option) = @_;

    return Reco::HTTP::request($self->{port}, 'POST', $path, body => $body,
        %option);
}


# A forked origin server on a port of its own; see Reco::Origin.
sub origin {
    my ($self, $handler, $serve) = @_;

    my ($port, $pid) = Reco::Origin::start($handler, $serve);
    $self->{children}{$pid} = 'origin';

    return $port;
}


# -- trainer ----------------------------------------------------------------

# Starts reco-trainer on a configuration; keys given override the defaults.
sub trainer_conf {
    my ($self, %key) = @_;

    my %value = (
        state  => "$self->{dir}/state",
        model  => "$self->{dir}/model",
        archive => "$self->{dir}/archive",
        redis  => "unix:$self->{dir}/redis.sock",
        %key,
    );

    return $self->write_file('trainer.conf',
        join '', map { "$_ $value{$_}\n" } sort keys %value);
}


sub trainer {
    my ($self, %key) = @_;

    $self->trainer_conf(%key) if %key || !-e "$self->{dir}/trainer.conf";
    $self->{trainer_pid} = $self->start('trainer', "$BUILD/reco-trainer",
        '-c', "$self->{dir}/trainer.conf");

    return $self->{trainer_pid};
}


sub stop_trainer {
    my ($self, $signal) = @_;

    $self->stop(delete $self->{trainer_pid}, $signal);
}


sub recoctl {
    my ($self, @arguments) = @_;

    return $self->run("$BUILD/recoctl", @arguments);
}


# A subcommand with the world's trainer.conf: its output, in a list with the
# exit code before it.
sub ctl {
    my ($self, $command, @arguments) = @_;

    my ($code, $output) = $self->recoctl($command, '--config',
        "$self->{dir}/trainer.conf", @arguments);
    return wantarray ? ($code, $output) : $output;
}


# What the store holds: visitor => ids, in order of arrival.
sub stored {
    my ($self) = @_;

    my ($code, $output) = $self->ctl('events');
    return {} if $code;

    my %stored;
    for (split /\n/, $output) {
        my ($visitor) = /"visitor":"([^"]+)"/;
        my ($id)      = /"id":"([^"]+)"/;
        push @{ $stored{$visitor} }, $id;
    }

    return \%stored;
}


# The next n events of many visitors, through two streams as nginx writes them;
# they count in $self->{events}, and $self->{sent} has visitor => ids, in order.
sub send_events {
    my ($self, $redis, $n, %field) = @_;

    for (1 .. $n) {
        my $number  = ++$self->{events};
        my $visitor = sprintf '%032x', 1 + int rand 40;
        my $now     = int(1000 * Time::HiRes::time());
        my %event   = (
            u  => $visitor, v => 1, t => 'view', id => "e$number",
            i  => 'item-' . (1 + int rand 200), ts => $now, rt => $now,
            src => 'sdk', %field,
        );
        $redis->command('XADD', 'reco:events:' . ($visitor =~ /[02468ace]$/ ? 0 : 1),
            '*', Reco::Redis::event(map { ($_, $event{$_}) } sort keys %event));
        push @{ $self->{sent}{$visitor} }, "e$number";
    }
}


# -- the end ----------------------------------------------------------------

my $BAD_LINE = qr/\[(?:alert|emerg|crit)\]
                 |ERROR:\ (?:Address|Leak|Thread|Memory)Sanitizer
                 |runtime\ error:
                 |SUMMARY:\ \w+Sanitizer/x;


# Lines of any log that no test may leave behind.
sub bad_lines {
    my ($self) = @_;

    my @bad;
    for my $log (glob "$self->{dir}/logs/*.log") {
        next if $log =~ /test\.log$/;
        for my $line (split /\n/, $self->read_file($log)) {
            next unless $line =~ $BAD_LINE;
            next if grep { $line =~ $_ } @{ $self->{expected} };
            push @bad, $line;
        }
    }

    return @bad;
}


# Stops everything and checks the logs: the last assertion of a test.
sub done {
    my ($self) = @_;

    $self->shut_down;
    my @bad = $self->bad_lines;
    Test::More::is(scalar @bad, 0, 'no alert and no sanitizer report in logs')
        or Test::More::diag(join "\n", @bad[0 .. ($#bad > 20 ? 20 : $#bad)]);

    return !@bad;
}


sub shut_down {
    my ($self) = @_;

    $self->stop_nginx if $self->{nginx_pid};
    $self->stop_trainer if $self->{trainer_pid};
    $self->stop($_) for keys %{ $self->{children} };
}


END {
    my $status = $?;
    for my $world (@worlds) {
        next if $world->{owner} != $$;
        $world->shut_down;
        if ($ENV{RECO_KEEP}) {
            Test::More::diag("kept: $world->{dir}");
        } else {
            remove_tree($world->{dir});
        }
    }
    $? = $status;
}


for my $signal (qw(INT TERM)) {
    $SIG{$signal} = sub { exit 130 };
}

1;
