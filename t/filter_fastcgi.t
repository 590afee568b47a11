# Pages of applications that speak FastCGI, uwsgi or SCGI: the same as those that
# come by HTTP, however their records cut them, and never held back for what an
# application has still to say.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Select;
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
Reco::Model::publish($world, '000001');
my $template = $world->write_file('block.mustache', '[{{slot}}]');

my $seed = $ENV{RECO_SEED} || 42;
srand $seed;

my %page;
for my $n (1 .. 12) {
    my $page = '<html><body>';
    my $size = 200 + rand 90_000;
    while (length $page < $size) {
        $page .= rand() < 0.1 ? '<p class="b">x</p>' : 'word ' x (1 + rand 60) . "\n";
    }
    $page{$n} = "$page</body></html>";
    $world->write_file("www/$n.html", $page{$n});
}

# -- applications: what they answer to a path, as { body }, or as { records } --

my ($STDOUT, $STDERR, $END) = (6, 7, 3);
my $head = "Status: 200 OK\r\nContent-Type: text/html\r\n";

sub record {
    my ($type, $data, $padding) = @_;

    return pack('CCnnCx', 1, $type, 1, length $data, $padding) . $data . 'P' x $padding;
}

# Records of any length and padding, with what the application says to its log
# between them.
sub records {
    my ($body) = @_;

    my $text = $head . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    my $bytes = '';
    while (length $text) {
        my $size = 1 + rand(rand() < 0.5 ? 20_000 : 200);
        $bytes .= record($STDOUT, substr($text, 0, $size, ''), int rand 256);
        $bytes .= record($STDERR, 'e' x (1 + rand 300), int rand 256) if rand() < 0.1;
    }

    return $bytes . record($STDOUT, '', 0) . record($END, "\0" x 8, 0);
}

sub fastcgi {
    my ($client, $handler) = @_;

    my ($data, $parameters, $keep) = ('', '', 0);
    while (1) {
        until (length $data >= 8
            && length $data >= 8 + (unpack 'CCnnC', $data)[3] + (unpack 'CCnnC', $data)[4])
        {
            sysread($client, $data, 65536, length $data) or return;
        }
        my (undef, $type, undef, $length, $padding) = unpack 'CCnnC', $data;
        my $content = substr $data, 8, $length;
        substr $data, 0, 8 + $length + $padding, '';

        $keep = unpack 'xxC', $content if $type == 1;
        $parameters .= $content if $type == 4;
        next unless $type == 5 && $length == 0;

        my ($path) = $parameters =~ m{PATH((?:/\w+)+)} or return;
        $parameters = '';
        my $answer = $handler->($path);
        for my $piece (@{ $answer->{pieces} || [records($answer->{body})] }) {
            ref $piece ? $piece->() : Reco::Origin::put($client, $piece) || return;
        }
        return unless $keep;
    }
}

# The others' requests are one packet each, and the answer is plain.
sub plainly {
    my ($client, $handler, $path) = @_;

    my $body = $handler->($path)->{body};
    Reco::Origin::put($client, $head . 'Content-Length: ' . length($body) . "\r\n\r\n");
    Reco::Origin::put($client, substr $body, 0, 1 + rand 20_000, '') || return
        while length $body;
}

sub uwsgi {
    my ($client, $handler) = @_;

    my $data = '';
    until (length $data >= 4 && length $data >= 4 + unpack 'xv', $data) {
        sysread($client, $data, 65536, length $data) or return;
    }
    plainly($client, $handler, $data =~ m{PATH..(/\w+/\d+)}s);
}

sub scgi {
    my ($client, $handler) = @_;

    my $data = '';
    until ($data =~ /^(\d+):/ && length $data > length($1) + 1 + $1) {
        sysread($client, $data, 65536, length $data) or return;
    }
    plainly($client, $handler, $data =~ /PATH\0([^\0]*)/);
}

# So much of an answer fills nginx's buffers: the header's and two more, of 4 KB.
my $FULL = 3 * 4096;

# The application falls silent where nginx's buffers are full, and as many bytes as
# the page lacks are at hand, but no bytes of the page: padding, or words for the log.
sub silent {
    my ($what, $lacks) = @_;

    my $padding = $what eq 'padding' ? $lacks : 0;
    my $own     = $what eq 'log' ? 8 : 0;
    my $header  = sprintf "%sContent-Length: %-6d\r\n\r\n", $head, 0;
    my $first   = $FULL - 8 - $own - length $header;
    $header     = sprintf "%sContent-Length: %-6d\r\n\r\n", $head, $first + $lacks;

    my $said = record($STDOUT, $header . '#' x $first, $padding);
    $said .= record($STDERR, 'e' x $lacks, 0) if $own;
    my $rest = record($STDOUT, '@' x $lacks, 0) . record($END, "\0" x 8, 0);

    return { lacks => $lacks, first => $first,
             pieces => [$said, sub { $world->wait_for(60, sub { -e "$dir/go" }) }, $rest] };
}

my $handler = sub {
    my ($path) = @_;

    return silent($1, $2) if $path =~ m{/silent/(\w+)/(\d+)};
    my ($n) = $path =~ m{/(\d+)$};
    srand $seed + $n;
    return { body => $page{$n} };
};

my %port = (
    fastcgi => $world->origin($handler, \&fastcgi),
    uwsgi   => $world->origin($handler, \&uwsgi),
    scgi    => $world->origin($handler, \&scgi),
);

my $locations = '';
for my $protocol (sort keys %port) {
    my %way = (
        ''       => '',
        few      => "${protocol}_buffer_size 4k; ${protocol}_buffers 2 4k;
            ${protocol}_busy_buffers_size 4k;",
        many     => "${protocol}_buffer_size 4k; ${protocol}_buffers 32 4k;",
        single   => "${protocol}_buffering off;",
    );
    for my $keep ($protocol eq 'fastcgi' ? ('', 'keep') : '') {
        $locations .= "location /$protocol$keep$_/ {
            ${protocol}_pass 127.0.0.1:$port{$protocol};
            ${protocol}_param PATH \$uri; $way{$_}
            " . ($keep ? 'fastcgi_keep_conn on;' : '') . "
        }\n" for sort keys %way;
    }
}

$world->nginx(<<"CONF");
    reco_model $dir/model;
    server {
        listen 127.0.0.1:$world->{port};
        default_type text/html;
        root $dir/www;
        reco on;
        reco_slot ahead  n=0 all template=$template before=.b;
        location /file/ { alias $dir/www/; }
        $locations
    }
CONF

my @ways = $locations =~ m{location /(\w+)/}g;
my $blocks = 0;
for my $n (sort { $a <=> $b } keys %page) {
    my $expected = $world->get("/file/$n.html")->{body};
    $blocks += () = $expected =~ /\[ahead\]/g;

    for my $way (@ways) {
        my $response = $world->get("/$way/$n");
        ok($response->{complete} && $response->{body} eq $expected, "page $n, $way")
            or diag("RECO_SEED=$seed");
    }
}

cmp_ok($blocks, '>', 100, "with $blocks blocks");

# -- who falls silent, has what they said passed on --

for my $way (grep { /^fastcgi.*few$/ } @ways) {
    for (['padding', 5], ['padding', 255], ['log', 5], ['log', 2000]) {
        my ($what, $lacks) = @$_;
        my $want = silent($what, $lacks)->{first};
        unlink "$dir/go";

        my $socket = Reco::HTTP::connect_to($world->{port});
        Reco::HTTP::send_all($socket, "GET /$way/silent/$what/$lacks HTTP/1.1\r\n"
            . "Host: a\r\nConnection: close\r\n\r\n");
        my ($data, $came) = ('', 0);
        while ($came < $want) {
            last unless IO::Select->new($socket)->can_read(20)
                && sysread $socket, $data, 65536, length $data;
            $came = () = $data =~ /#/g;
        }
        cmp_ok($came, '>=', $want, "$way, $what of $lacks bytes: what there is has come");
        $world->write_file('go', '');
        1 while sysread $socket, $data, 65536, length $data;
        my $rest = () = $data =~ /\@/g;
        is($rest, $lacks, 'and then the rest');
    }
}

$world->expect_log(qr/FastCGI sent in stderr/);
$world->stop_nginx;
$world->done;

done_testing;
