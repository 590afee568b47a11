# nginx -t: what is wrong is named with its line and the reason; what is right
# is taken, in every place where it may stand.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};

$world->write_file('good.mustache', '<p>{{#items}}{{title}}{{/items}}</p>');
$world->write_file('bad.mustache', "<p>\n  {{#items}}{{titel}}{{/items}}</p>");
$world->write_file('open.mustache', "<ul>\n{{#items}}\n<li>\n");

# -- wrong, and what the message says --

my @wrong = (
    ['reco maybe;' => qr/invalid value "maybe" in "reco" directive/],
    ['reco_model;' => qr/invalid number of arguments in "reco_model"/],
    ['reco_model /m; reco_model /n;' => qr/"reco_model" directive is duplicate/],
    ['reco_model /m stale=soon;' => qr/invalid parameter "stale=soon"/],
    ['reco_zone shop;' => qr/invalid zone "shop", it must be NAME:SIZE/],
    ['reco_zone :1m;' => qr/invalid zone ":1m"/],
    ['reco_zone shop:wide;' => qr/invalid zone "shop:wide"/],
    ['reco_zone shop:4k;' => qr/zone "shop:4k" is too small, it must be 256k at least/],
    ['reco_zone shop:1m ttl=0;' => qr/invalid parameter "ttl=0"/],
    ['reco_zone shop:1m age=3;' => qr/invalid parameter "age=3"/],
    ['reco_slot;' => qr/invalid number of arguments in "reco_slot"/],
    ['reco_slot "a b";' => qr/slot "a b": /],
    ['reco_slot a; reco_slot a;' => qr/slot "a": /],
    ['reco_slot a n=101;' => qr/invalid number of items "101", it must be 0 to 100/],
    ['reco_slot a n=many;' => qr/invalid number of items "many"/],
    ['reco_slot a source=oracle;' => qr/unknown source "oracle"/],
    ['reco_slot a colour=red;' => qr/invalid parameter "colour=red"/],
    ['reco_slot a after="#x;' => qr/unexpected end of file|closing quote is missing/],
    ['reco_slot a after="p >";' => qr/selector expected at column 4 of selector "p >"/],
    ['reco_slot a after=p::before;' => qr/pseudo-classes are not supported, at column 2 of selector "p::before"/],
    ['reco_slot a template=none.mustache;' => qr/open\(\) "[^"]*none\.mustache" failed/],
    ['reco_slot a template=bad.mustache;' => qr/template [^ ]*bad\.mustache:2:\d+: .*titel/],
    ['reco_slot a template=open.mustache;' => qr/template [^ ]*open\.mustache:\d+:\d+: .*items/],
    ['reco_slot a template=.;' => qr/template|read\(\)/],
    ['reco_slot a heading=$nosuchvariable;' => qr/unknown "nosuchvariable" variable/],
    ['reco_visitor $arg_u key=0123456789abcdef;' => qr/invalid parameter "key=0123456789abcdef"/],
    ['reco_visitor $arg_u secret=short;' => qr/"reco_visitor" directive has a secret that is not 16 to 64/],
    ['reco_cookie "a b";' => qr/invalid cookie name "a b"/],
    ['reco_cookie a domain=x;y;' => qr/unknown directive|invalid/],
    ['reco_cookie a domain="x;y";' => qr/invalid parameter "domain="x"/],
    ['reco_cookie a age=never;' => qr/invalid parameter "age=never"/],
    ['reco_cookie a secure=perhaps;' => qr/invalid parameter "secure=perhaps"/],
    ['reco_cookie a samesite=none secure=off;' =>
        qr/"reco_cookie" directive has "samesite=none", which browsers do not take with "secure=off"/],
    ['reco_cookie __Host-a domain=a.example;' =>
        qr/"reco_cookie" directive has a name that browsers take with "path=\/" and without/],
    ['reco_cookie __host-a path=/shop;' => qr/has a name that browsers take with "path=\/"/],
    ['reco_cookie __Host-a secure=off;' => qr/has a name that browsers do not take with "secure=off"/],
    ['reco_cookie __SECURE-a secure=off;' => qr/has a name that browsers do not take with "secure=off"/],
    ['reco_cookie __Http-a secure=off;' => qr/has a name that browsers do not take with "secure=off"/],
    ['reco_cookie a; reco_cookie b;' => qr/"reco_cookie" directive is duplicate/],
    ['reco_statuses 304;' => qr/invalid status "304", it must be one whose answers are pages/],
    ['reco_statuses ok;' => qr/invalid status "ok"/],
    ['reco_beacon_origins shop.example;' =>
        qr{invalid origin "shop.example", it must be like https://example.com}],
    ['reco_beacon_origins https://shop.example/;' => qr/invalid origin/],
    ['reco_cache_control a; reco_cache_control b;' => qr/"reco_cache_control" directive is duplicate/],
    ['reco_sdk;' => qr/"reco_sdk" directive without parameters is allowed in a location only/],
    ['reco_sdk on;' => qr/invalid parameter "on"/],
    ['reco_sdk inject defer;' => qr/invalid parameter "defer"/],
    ['reco_sdk inject src=;' => qr/invalid parameter "src="/],
    [qq(reco_sdk inject "src=/r\\".js";) => qr/invalid parameter "src=/],
    ['reco_sdk inject "api=/{{nonce}}/";' => qr/invalid parameter "api=/],
    ['reco_sdk inject; reco_sdk off;' => qr/"reco_sdk" directive is duplicate/],
    ['reco_sdk inject; server { reco_slot sdk; }' => qr/slot "sdk" of reco_sdk: /],
    ['reco_beacon;' => qr/"reco_beacon" directive is not allowed here/],
    ['server { reco_redis x; }' => qr/"reco_redis" directive is not allowed here/],
    ['server { location / { reco_model /m; } }' => qr/"reco_model" directive is not allowed here/],
    ['server { location / { reco_beacon on; } }' => qr/invalid number of arguments in "reco_beacon"/],
);

for (@wrong) {
    my ($line, $message) = @$_;
    my ($ok, $output) = $world->nginx_test("\n$line\n");
    ok(!$ok && $output =~ $message, $line) or diag($output);
    like($output, qr/nginx\.conf:\d+/, 'with file and line')
        unless $message =~ /unexpected|nosuch/;
}

# -- right --

my $slots = 'reco_slot a; reco_slot b n=0 all live template=good.mustache; '
    . 'reco_slot c n=100 after="div > p.x" "after=div, #main [data-a=\'b c\']" before=h1 '
    . 'heading="Because you are here: $uri" source=for-you category=$arg_c '
    . 'fallback=body locale=de-DE;';
my $all = "reco on; reco_item \$arg_i; reco_visitor \$arg_u; reco_consent \$arg_c;"
    . 'reco_nonce $request_id; reco_locale $arg_l; reco_types text/xml;'
    . 'reco_statuses 200 404; reco_last_modified on; reco_cache_control "private, no-cache";'
    . 'reco_beacon_origins https://a.example http://b.example:8080;'
    . "reco_cookie v domain=.a.example path=/shop age=30d samesite=strict secure=on; $slots";

for my $conf (
    '', 'server { location / { reco on; } }',
    "reco_model m; reco_zone z:1m ttl=1d; $all",
    "server { reco_model m stale=10m; reco_zone z:1m; $all }",
    "server { location / { $all location /deep { $all reco_slot d; } } }",
    'reco_zone z:1m; server { reco_zone z:1m; } server { reco_zone y:1m; }',
    'server { location /b { reco_beacon; } location /a { reco_api; }'
        . ' location /j { reco_sdk; } location /s { reco_status; } }',
    'reco_sdk inject src=/j endpoint=/b api=/a/ consent=required; server {'
        . ' reco_sdk off; location /j { reco_sdk; reco_sdk inject; } }',
    'server { location / { if ($arg_x) { reco off; } } }',
    'reco_cookie __Host-a; server { reco_cookie __Host-a path=/ secure=on samesite=none;'
        . ' location /a { reco_cookie __Secure-a domain=a.example path=/a; }'
        . ' location /b { reco_cookie a samesite=none; }'
        . ' location /c { reco_cookie _Host-a domain=a.example secure=off; } }',
) {
    my ($ok, $output) = $world->nginx_test($conf);
    ok($ok, substr($conf, 0, 60)) or diag($output);
}

# -- beside a running instance --

$world->nginx("reco_zone shop:1m; server { listen 127.0.0.1:$world->{port};"
    . " location / { return 200 x; } location /s { reco_status; } }");
my $before = $world->read_file('nginx.conf');
my ($ok, $output) = $world->nginx_test("reco_zone shop:2m; server { listen 127.0.0.1:$world->{port}; }");
ok($ok, 'nginx -t beside a running nginx') or diag($output);
is($world->get('/')->{body}, 'x', 'which goes on');
$world->write_file('nginx.conf', $before);
$world->stop_nginx;

$world->done;

done_testing;
