# Passages of pages that are known are not read again, and nobody can tell by
# the pages: not where they are seen again, differ in the middle, come in other
# pieces or compressed, nor where somebody repeats them within a script.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Compress::Gzip qw(gzip);
use JSON::PP qw(decode_json);
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
Reco::Model::publish($world, '000001', items => 20);
$world->write_file('block.mustache', '[block]');

my $head = '<!DOCTYPE html><html><head><title>%s</title></head><body class="%s">'
    . '<!-- ' . 'x' x 1200 . ' -->';
my $menu = join '', map { qq{<li class="a"><a href="/c/$_" title="<b>">Category $_</a>}
    . qq{<ul><li id="l$_">more<li>again</ul></li>\n} } 1 .. 250;
my $text = join '', map { "<p class='t'>Paragraph $_ <em>of</em> the text</p>\n" } 1 .. 250;
my $marker = '<!-- reco:related -->';
my $place  = '<div id="description">words</div>';

my %page = (
    plain  => sprintf($head, 'a', 'b') . "<ul>$menu</ul>$text$marker$place$text",
    other  => sprintf($head, 'another title', 'b') . "<ul>$menu</ul><h1>Other</h1>$text$marker$place$text",
    middle => do {
        (my $changed = $text) =~ s/Paragraph 100/A paragraph <i>100<\/i>/;
        sprintf($head, 'a', 'b') . "<ul>$menu</ul>$changed$marker$place$text";
    },
    early  => sprintf($head, 'a', 'b') . "<ul>$menu</ul>$marker$place$text$text",
    within => do {    # in the middle of what is known
        (my $changed = $text) =~ s/(Paragraph 100)/$1$marker$place/;
        sprintf($head, 'a', 'b') . "<ul>$menu</ul>$changed$marker$place$text";
    },
    # the very bytes that were passed over elsewhere, where they are text
    script  => sprintf($head, 'a', 'b') . "<script>'<ul>$menu</ul>$text$marker$place'</script>$text$marker$place",
    comment => sprintf($head, 'a', 'b') . "<!-- <ul>$menu</ul>$text<b>--><ul>$menu</ul>$marker$place",
    title   => sprintf($head, 'a', 'b') . "<ul>$menu<textarea>$text$marker$place</textarea>$text</ul>$marker$place",
    value   => sprintf($head, 'a', 'b') . "<ul>$menu</ul><i title=\"$text$marker$place\">$menu</i>$marker$place",
    svg     => sprintf($head, 'a', 'b') . "<svg>$menu<![CDATA[$text$marker$place]]></svg>$text$marker$place",
    cut     => substr(sprintf($head, 'a', 'b') . "<ul>$menu</ul>$text", 0, 21_007),
);

my %pieces = (
    whole => sub { [$_[0]] },
    4096  => sub { [$_[0] =~ /(.{1,4096})/gs] },
    701   => sub { [$_[0] =~ /(.{1,701})/gs] },
    mixed => sub {
        my ($body) = @_;
        my ($n, @pieces) = 0;
        push @pieces, substr $body, 0, 1 + (++$n * 7919) % 6000, '' while length $body;
        return \@pieces;
    },
);

my $origin = $world->origin(sub {
    my ($pieces, $coding, $page) = $_[0]{path} =~ m{^/(\w+)/(\w+)/(\w+)$}
        or return { status => 404 };
    my $body = $page{$page};
    gzip(\(my $plain = $body) => \$body) or die if $coding eq 'gzip';
    return { framing => $pieces eq 'whole' ? 'length' : 'chunked',
        pieces => $pieces{$pieces}->($body),
        headers => ['Content-Type' => 'text/html',
            $coding eq 'gzip' ? ('Content-Encoding' => 'gzip') : ()] };
});

my %slot = (
    marker   => '',
    after    => 'after="#description"',
    child    => 'append="body > div"',
    before   => 'before="#description"',
    fallback => 'fallback=body',
);

sub conf {
    my ($passages) = @_;

    my $locations = join "\n", map {
        "location /$_/ { proxy_pass http://127.0.0.1:$origin/; reco on;"
        . " reco_slot related n=0 template=$dir/block.mustache $slot{$_}; }"
    } sort keys %slot;

    return <<"CONF";
    reco_model $dir/model;
    $passages
    server {
        listen 127.0.0.1:$world->{port};
        proxy_http_version 1.1;
        location = /status { reco_status; }
        $locations
    }
CONF
}

sub recalled {
    return decode_json($world->get('/status?format=json')->{body})->{counters}{bytes_recalled};
}

my @paths;
for my $slot (sort keys %slot) {
    for my $pieces (sort keys %pieces) {
        push @paths, map { "/$slot/$pieces/identity/$_" } sort keys %page;
    }
    push @paths, map { "/$slot/whole/gzip/$_" } sort keys %page;
}

sub body {
    my ($path) = @_;

    my $response = $world->get($path);

    return $response->{status} == 200 && $response->{complete} ? $response->{body} : 'failed';
}

# Each by itself, read from its begin to its end.
$world->nginx(conf('reco_passages off;'));
my %expected = map { $_ => body($_) } @paths;
is(scalar(grep { /\[block\]/ } values %expected), @paths - 4 * 5,
    'all but those cut short have a block');
is(recalled(), 0, 'nothing is known where nothing is to be');
$world->stop_nginx;

for my $size ('', 'reco_passages 64k;') {
    $world->nginx(conf($size));
    my @order = (@paths, reverse(@paths), map { $paths[$_ * 37 % @paths] } 1 .. @paths);
    my @wrong = grep { body($_) ne $expected{$_} } @order;
    is("@wrong", '', 'the same pages come out: ' . ($size || 'by default'));
    cmp_ok(recalled(), '>', 100_000, 'of which not all was read');
    $world->stop_nginx;
}

# What one page has in common with the next.
$world->nginx(conf(''));
my $last = 0;
for (['plain', 0, 0], ['plain', 1, 1], ['other', 0.7, 1], ['middle', 0.7, 1],
     ['within', 0.5, 1], ['script', 0, 0.1])
{
    my ($page, $least, $most) = @$_;
    my $path = "/marker/4096/identity/$page";
    is(body($path), $expected{$path}, "$page: as it was");
    my $now  = recalled();
    my $size = index($page{$page}, $marker) - 4096 - 1024;
    cmp_ok($now - $last, '>=', $least * $size, "$page: so much was known, or more");
    cmp_ok($now - $last, '<=', $most * length $page{$page}, "$page: and no more");
    $last = $now;
}

$world->reload;
is(body($_), $expected{$_}, "after a reload: $_") for @paths[0 .. 5];
$world->stop_nginx;

for (['reco_passages 63k;' => qr/needs "off" or a size, from 64k/],
     ['reco_passages x;' => qr/needs "off" or a size/],
     ['reco_passages 1m; reco_passages off;' => qr/is duplicate/])
{
    my ($ok, $output) = $world->nginx_test("\n$_->[0]\n");
    ok(!$ok && $output =~ $_->[1], $_->[0]) or diag($output);
}

$world->done;

done_testing;
