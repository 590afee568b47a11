# What strangers try: line breaks in paths, forgetting somebody from another site's
# page, a link in the place of a file that nginx is about to write.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
Reco::Model::publish($world, '000001');
my $origin = $world->origin(sub { return { body => '<body><!-- reco:related --></body>' } });

sub conf {
    return <<"CONF";
    reco_model $dir/model;
    reco_zone shop:1m save=$dir/sessions;
    log_format item '\$reco_item|\$reco_path_segment_2';
    server {
        listen 127.0.0.1:$world->{port};
        location /reco/v1/ {
            reco_api;
            reco_beacon_origins https://app.example;
            add_header X-Item \$reco_item always;
        }
        location /own/v1/ { reco_api; }
        location / {
            proxy_pass http://127.0.0.1:$origin;
            access_log $dir/logs/access item;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=3;
            add_header X-Item \$reco_item always;
            add_header X-Segment \$reco_path_segment_2 always;
        }
    }
CONF
}
$world->nginx(conf());

# -- what can end a header or a line ---------------------------------------------

for my $bad ('a%0d%0aX-Evil:%201', 'a%0aX-Evil:%201', 'a%1b[2Jb', 'a%7fb', 'a%c2%9b2Jb') {
    for my $path ("/product/$bad", "/reco/v1/recommendations?slot=related&item=$bad") {
        my $response = $world->get($path);
        is($response->{status}, 200, "$path: answered");
        ok(!grep({ defined $response->{headers}{$_} } qw(x-evil x-item x-segment)),
            'and in no header') or diag $response->{raw_headers};
    }
}
for my $bad ('a%ff', 'a%c0%80', 'a%ed%a0%80', 'a%f4%90%80%80', 'caf%e9') {
    for my $path ("/product/$bad", "/reco/v1/recommendations?slot=related&item=$bad") {
        my $response = $world->get($path);
        is($response->{status}, 200, "$path: answered");
        ok(!defined $response->{headers}{'x-item'}, 'and no item: it is not UTF-8');
    }
}
is($world->get('/product/sku-7')->{headers}{'x-item'}, 'sku-7', 'an id is');
is($world->get('/product/caf%c3%a9')->{headers}{'x-item'}, "caf\xc3\xa9", 'in any script');
is(scalar(() = $world->read_file('logs/access') =~ /^-\|-$/mg), 5, 'a log has none of them');

# -- other sites' pages ------------------------------------------------------------

my $visitor = 'ab' x 16;


sub forget {
    my ($path, %header) = @_;
    return $world->post($path, '', headers => { Cookie => "reco=$visitor", %header });
}

for my $case (
    [403, '/own/v1/',  'another site', Origin => 'https://evil.example'],
    [403, '/own/v1/',  'a page of no origin', Origin => 'null'],
    [403, '/own/v1/',  'one that says so itself', 'Sec-Fetch-Site' => 'cross-site'],
    [403, '/reco/v1/', 'one that is not listed', Origin => 'https://evil.example'],
    [204, '/reco/v1/', 'one that is', Origin => 'https://app.example',
        'Sec-Fetch-Site' => 'cross-site'],
    [204, '/own/v1/',  'the shop itself', Origin => 'http://localhost'],
    [204, '/own/v1/',  'the shop by another name, which the browser knows',
        Origin => 'https://shop.example', 'Sec-Fetch-Site' => 'same-origin'],
    [204, '/own/v1/',  'no browser'],
) {
    my ($status, $path, $who, %header) = @$case;
    my $response = forget("${path}forget", %header);
    is($response->{status}, $status, "forget, asked by $who");
    is(defined $response->{headers}{'set-cookie'}, $status == 204, 'and the cookie');
}

# -- a link where a file is to go ---------------------------------------------------

my $victim = $world->write_file('victim', "precious\n");
symlink $victim, "$dir/sessions.new" or die;
$world->stop_nginx;
is($world->read_file('victim'), "precious\n", 'sessions are not saved through a link');
ok(-f "$dir/sessions" && !-l "$dir/sessions", 'but into a file of their own');
is((stat "$dir/sessions")[2] & 07777, 0600, 'that others cannot read');

rename "$dir/sessions", "$dir/elsewhere" or die;
symlink "$dir/elsewhere", "$dir/sessions" or die;
$world->start_nginx;
unlike($world->error_log, qr/sessions read from/, 'nor read through one');

$world->done;
done_testing;
