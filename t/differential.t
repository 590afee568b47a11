# The rewriter against a parser of another make: blocks stand where html5lib
# says, and nothing else is changed, however the pages come.
#
# t/differential makes pages and has html5lib say where blocks go (oracle.py);
# build/t/differential/rewrite_pages holds the library to it in every chunking,
# and a share of the pages goes through nginx in every framing and coding.
#
#   RECO_PAGES=5000 RECO_SEED=77 prove -v t/differential.t     more, other pages
#   RECO_PAGES=400 RECO_FOLDERS="/usr/share/doc ..." prove -v t/differential.t
#                                                               pages of others

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Compress::Gzip qw(gzip);
use Test::More;

use Reco;
use Reco::Model;

# a sanitizer makes single bytes dear
my $PAGES  = $ENV{RECO_PAGES} || (Reco::has_own_nginx() ? 12 : 60);
my $ONLINE = 12;    # of these, through nginx

my $world = Reco->new;
my $dir   = $world->{dir};
my $cases = "$dir/pages";
mkdir $cases or die $!;

my ($code, $output) = $world->run('/usr/bin/python3', '-B',
    "$Bin/differential/make_cases", $cases, $PAGES,
    $ENV{RECO_FOLDERS} ? split(' ', $ENV{RECO_FOLDERS}) : $ENV{RECO_SEED} || 1);
is($code, 0, 'html5lib says where blocks go') or diag($output);
my ($placed) = $output =~ /placed (\d+)/;
cmp_ok($placed || 0, '>', 5 * $PAGES, "in pages of each kind: $output");

# -- the library, in every chunking --

my @rewrite = ("$Reco::BUILD/t/differential/rewrite_pages",
    "$Bin/differential/plans");
($code, $output) = $world->run(@rewrite, $cases, 3);
my ($total, $limited) = $output =~ /^cases (\d+) .* limited (\d+) differences/m;
is($code, 0, 'the library puts them there') or diag($output);
cmp_ok($limited || 0, '<=', ($total || 0) / 50, "few meet a limit: $limited of $total");
note($output =~ /(^cases .*)/m);
cmp_ok(($output =~ /^recalled (\d+)/m)[0] || 0, '>', 1000 * $PAGES,
    'also where passages are known');
my %limited = map { $_ => 1 } $output =~ /^limited (\S+ \S+)$/mg;

my @case = map { chomp; [split /\t/, $_, -1] }
    split /^/, $world->read_file("$cases/cases");

# The detector itself: one block a byte further on is a difference.
{
    my $wrong = "$dir/wrong";
    mkdir $wrong or die $!;
    my ($case) = grep { $_->[2] =~ /^\d+\+s$/ && !$limited{"$_->[0] $_->[1]"} } @case;
    my ($page, $plan, $edits) = @$case;
    $world->write_file("$wrong/$page", $world->read_file("$cases/$page"));
    $edits =~ s/(\d+)/$1 - 1/e;
    $world->write_file("$wrong/cases", "$page\t$plan\t$edits\n");
    ($code, $output) = $world->run(@rewrite, $wrong, 1);
    is($code, 1, 'a block in a wrong place is a difference');
    like($output, qr/differences 1$/, 'and counted');
}

# -- through nginx --

sub slots {
    my %slots;
    for (split /\n/, $world->read_file("$Bin/differential/plans")) {
        next if /^#/ || !/\S/;
        my ($plan, $slot, @fields) = split /\t/;
        s/^fallback$/fallback=body/ for @fields;
        push @{ $slots{$plan} }, join ' ', "reco_slot $slot n=0",
            "template=$dir/block.mustache", map({ "'$_'" } @fields) ;
    }
    return %slots;
}

$world->write_file('block.mustache', '[{{slot}}]');
Reco::Model::publish($world, '000001');

my %read;
sub page {
    my ($name) = @_;
    return $read{$name} //= $world->read_file("$cases/$name");
}

# The page with its edits.
sub edited {
    my ($page, $edits) = @_;
    my ($out, $done) = ('', 0);
    for (split / /, $edits) {
        my ($at, $what, $to) = /^(\d+)([+-])(\w+)$/ or die "no edit: $_";
        $out .= substr($page, $done, $at - $done);
        $done = $at;
        if ($what eq '+') { $out .= "[$to]" } else { $done = $to }
    }
    return $out . substr($page, $done);
}

sub pieces {
    my ($body, $how) = @_;
    return [$body] if $how eq 'whole' || $body eq '';
    return [$body =~ /(.{1,$how})/gs] if $how =~ /^\d+$/;
    srand substr $how, 1;
    my @pieces;
    while (length $body) {
        push @pieces, substr $body, 0, 1 + int(rand(2) ? rand 16 : rand 3000), '';
    }
    return \@pieces;
}

my $origin = $world->origin(sub {
    my ($framing, $coding, $how, $page) =
        $_[0]{path} =~ m{^/\w+/(\w+)/(\w+)/(\w+)/(\d+\.html)} or return { status => 404 };
    my $body = page($page);
    gzip(\(my $plain = $body) => \$body) or die if $coding eq 'gzip';
    return { framing => $framing, pieces => pieces($body, $how),
             headers => ['Content-Type' => 'text/html',
                 $coding eq 'gzip' ? ('Content-Encoding' => 'gzip') : ()] };
});

my %slots = slots();
my $locations = join "\n", map { my $plan = $_; my $slots = join "\n", map { "$_;" } @{ $slots{$plan} }; (
    "location /proxied/$plan/ { proxy_pass http://127.0.0.1:$origin/$plan/; $slots }",
    "location /unbuffered/$plan/ { proxy_pass http://127.0.0.1:$origin/$plan/; proxy_buffering off; $slots }",
    "location /tight/$plan/ { proxy_pass http://127.0.0.1:$origin/$plan/; proxy_buffers 2 4k;"
        . " proxy_buffer_size 4k; proxy_busy_buffers_size 4k; $slots }",
    "location /file/$plan/ { alias $cases/; $slots }",
    "location /sendfile/$plan/ { alias $cases/; sendfile on; output_buffers 2 1k; $slots }",
) } sort keys %slots;

$world->nginx(<<"CONF");
    reco_model $dir/model;
    server {
        listen 127.0.0.1:$world->{port};
        proxy_http_version 1.1;
        reco on;
        $locations
    }
CONF

my @ways;
for my $framing (qw(length chunked close)) {
    for my $coding (qw(identity gzip)) {
        for my $way (qw(proxied unbuffered tight)) {
            push @ways, [$way, "$framing/$coding/$_"] for qw(whole 1 2 7 4096 r1 r2 r3);
        }
    }
}
my $way = 0;
my (%seen, %asked, @wrong);

for my $case (@case) {
    my ($name, $plan, $edits) = @$case;
    next if $limited{"$name $plan"};
    $seen{$name} = 1;
    last if keys %seen > $ONLINE;
    my $expected = edited(page($name), $edits);
    my @paths = map { "/$_/$plan/$name" } qw(file sendfile);
    for (1 .. 2) {
        my ($how, $rest) = @{ $ways[$way++ * 7 % @ways] };
        # single bytes of a long page are many packets
        $rest =~ s{/[12]$}{/r4} if length page($name) > 20_000;
        push @paths, "/$how/$plan/$rest/$name";
        $asked{"$how $rest"} = 1;
    }
    for my $path (@paths) {
        my $response = $world->get($path);
        push @wrong, $path if $response->{status} != 200
            || !$response->{complete} || $response->{body} ne $expected;
    }
}

is("@wrong", '', 'nginx puts them there, however the page comes');
cmp_ok(scalar keys %asked, '>', 60, 'in many framings, codings and chunkings');

$world->stop_nginx;
$world->done;

done_testing;
