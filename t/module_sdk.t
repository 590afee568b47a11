# reco_sdk: the script from memory, its validators and codings; its tag in the
# pages of a shop that knows nothing of it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Digest::SHA qw(sha256_hex);
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};

Reco::Model::publish($world, '000001', items => 20);
mkdir "$dir/none";

my %page = (
    '/plain'  => '<!DOCTYPE html><html><head lang="en"><title>t</title></head>'
        . '<body><p id="p">text</p></body></html>',
    '/bare'   => '<title>t</title><p id="p">text</p>',
    '/trap'   => '<!-- <head> --><script>"<head>"</script><head><title><head>'
        . '</title></head><body><p id="p">text</p></body>',
    '/marked' => '<head></head><body><p id="p">text</p><!-- reco:sdk --></body>',
);
my $origin = $world->origin(sub {
    my ($path) = $_[0]{path} =~ m{/\w+(/\w+)};
    return { body => $page{$path} };
});

my $shop = "proxy_pass http://127.0.0.1:$origin; reco on; reco_item \$reco_path_segment_3;";
my $slot = 'reco_slot related n=4 append="#p";';

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_sdk inject;

    server {
        listen 127.0.0.1:$world->{port};

        location = /reco.js     { reco_sdk; }
        location = /reco/status { reco_status; }

        location /own/       { $shop $slot }
        location /alone/     { $shop }
        location /off/       { $shop $slot reco_sdk off; }
        location /else/      { $shop reco_sdk inject src=/a/r.js endpoint=/b api=/v/ consent=required; }
        location /nonce/     { $shop reco_nonce \$arg_nonce; }
        location /consent/   { $shop reco_consent \$cookie_ok; }
    }

    server {
        listen 127.0.0.1:@{[$world->free_port]};
        $slot
        location /up/   { $shop }
        location /down/ { $shop reco_sdk off; }
    }

    server {
        listen 127.0.0.1:@{[$world->{cold} = $world->free_port]};
        reco_model $dir/none;
        location /own/  { $shop $slot }
        location /down/ { $shop $slot reco_sdk off; }
    }
CONF

# -- the script --

open my $file, '<:raw', "$Reco::BUILD/reco.js" or die "reco.js: $!";
my $script = do { local $/; <$file> };
my $hash   = substr sha256_hex($script), 0, 16;

sub fetch {
    my ($path, %header) = @_;
    return $world->get($path, headers => {%header});
}

my $plain = fetch('/reco.js');
is($plain->{body}, $script, 'the script is what was built');
is($plain->{headers}{'etag'}, qq("$hash"), 'its validator is strong and of its content');
ok(!exists $plain->{headers}{'content-encoding'}, 'no coding that was not asked for');
like($plain->{headers}{'content-type'}, qr{^application/javascript}, 'its type');
is($plain->{headers}{'x-content-type-options'}, 'nosniff', 'and no other');
is($plain->{headers}{'vary'}, 'Accept-Encoding', 'it varies');

for my $accept ('gzip', 'gzip, deflate, br', 'br;q=1.0, gzip;q=0.8', 'GZIP', 'gzip ; q=0.001') {
    my $coded = fetch('/reco.js', 'Accept-Encoding' => $accept);
    is($coded->{headers}{'content-encoding'}, 'gzip', "$accept: gzip");
    gunzip(\$coded->{body} => \my $text);
    is($text, $script, 'of the same script');
    is($coded->{headers}{'content-length'}, length $coded->{body}, 'with its length');
    is($coded->{headers}{'etag'}, qq("$hash-gz"), 'with a validator of its own');
}
for my $accept ('identity', 'br', 'x-gzip', 'gzip;q=0', 'gzip;q=0.000, br', '') {
    ok(!exists fetch('/reco.js', 'Accept-Encoding' => $accept)->{headers}{'content-encoding'},
        "\"$accept\": as it is");
}
cmp_ok(length fetch('/reco.js', 'Accept-Encoding' => 'gzip')->{body}, '<=', 2048, 'at most 2.0 KB');

is(fetch('/reco.js', 'If-None-Match' => qq("$hash"))->{status}, 304, 'nothing new: 304');
is(fetch('/reco.js', 'If-None-Match' => qq("$hash"), 'Accept-Encoding' => 'gzip')->{status}, 200,
    'the other coding is another thing');
is(fetch('/reco.js', 'If-None-Match' => qq("$hash-gz"), 'Accept-Encoding' => 'gzip')->{status}, 304,
    'which has its own 304');
my $head = Reco::HTTP::request($world->{port}, 'HEAD', '/reco.js');
is("$head->{status} $head->{body} $head->{headers}{'content-length'}",
    '200  ' . length $script, 'HEAD');
is($world->post('/reco.js', 'x')->{status}, 405, 'POST: 405');
is(fetch('/reco.js')->{headers}{'cache-control'}, 'public, max-age=300', 'kept for minutes');
is(fetch("/reco.js?v=$hash")->{headers}{'cache-control'},
    'public, max-age=31536000, immutable', 'for ever where the address names it');
is(fetch('/reco.js?v=0123456789abcdef')->{headers}{'cache-control'},
    'public, max-age=300', 'but not under another name');

# -- its tag --

sub tag {
    my (%with) = (src => '/reco.js', @_);
    return qq(<script src="$with{src}?v=$hash" async="")
        . join('', map { qq( $_="$with{$_}") }
            grep { defined $with{$_} } qw(data-endpoint data-api data-consent data-item nonce))
        . '></script>';
}

my $tag = tag();

my $response = fetch('/own/plain');
my ($page, @blocks) = Reco::Model::parts($response->{body});
is(scalar @blocks, 1, 'the block of a place that has slots of its own');
(my $expected = $page{'/plain'}) =~ s/(<head lang="en">)/$1$tag/;
is($page, $expected, 'and the tag that the level above asked for, first in the head');
is(fetch('/alone/plain')->{body}, $expected, 'a place without slots gets the tag');
is(fetch('/alone/bare')->{body}, "$page{'/bare'}$tag", 'a page without a head gets it at its end');
($expected = $page{'/trap'}) =~ s{(</script><head>)}{$1$tag};
is(fetch('/alone/trap')->{body}, $expected, 'text that looks like a head is none');
($page) = Reco::Model::parts(fetch('/off/plain')->{body});
is($page, $page{'/plain'}, 'off is off');
like(fetch('/alone/plain/sku%201%22%3E')->{body}, qr/\Qdata-item="sku 1&#34;&gt;"\E|\Qdata-item="sku 1&quot;&gt;"\E/,
    'the item of the page, escaped');
my $else = tag(src => '/a/r.js', 'data-endpoint' => '/b', 'data-api' => '/v/',
    'data-consent' => 'required');
like(fetch('/else/plain')->{body}, qr/<head lang="en">\Q$else\E<title>/, 'addresses and consent');
like(fetch('/nonce/plain?nonce=n1')->{body}, qr/\Q@{[tag(nonce => 'n1')]}\E/, 'the nonce');
like(fetch('/consent/plain')->{body}, qr/\Q@{[tag('data-consent' => 'required')]}\E/,
    'without consent the script waits for it');
like(fetch('/consent/plain', Cookie => 'ok=1')->{body}, qr/\Q$tag\E/, 'with consent it starts');

# -- without a model --

$world->{port} = $world->{cold};
($expected = $page{'/plain'}) =~ s/(<head lang="en">)/$1$tag/;
is(fetch('/own/plain')->{body}, $expected, 'no model yet: the tag alone, to make one from');
is(fetch('/down/plain')->{body}, $page{'/plain'}, 'off: the page as it was');

$world->stop_nginx;
$world->done;

done_testing;
