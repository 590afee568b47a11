# Templates of a site's own: what they may name, what nginx -t says of them,
# and that a catalogue's titles and URLs stay where they are printed.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;
use Reco::Model;

my $SHIPPED = "$Reco::ROOT/conf/templates";

my $world = Reco->new;
my $dir   = $world->{dir};

Reco::Model::publish($world, '000001',
    title => sub { qq{</a><script>alert($_[0])</script>" onclick='x\xe4} });

$world->write_file('www/page.html', '<!DOCTYPE html><html><head><title>Shop'
    . '</title></head><body><main id="main"><p>page</p></main></body></html>');
$world->write_file('own.mustache', '<nav data-slot="{{slot}}">{{#items}}'
    . '<a title="{{title}}" href="/p/{{id}}?t={{title}}">{{rank}}</a>'
    . '{{/items}}</nav>');

$world->nginx(<<"CONF");
    reco_model   $dir/model;
    reco_zone    shop:1m;
    reco_locale  de-AT;
    server {
        listen 127.0.0.1:$world->{port};
        location /reco/v1/ { reco_api; }
        location /page/ {
            alias      $dir/www/;
            charset    utf-8;
            reco       on;
            reco_item  \$arg_item;
            reco_slot  script n=0 append="head" template=$SHIPPED/script.mustache;
            reco_slot  related n=4 append="#main" live
                       heading="Tea & <cake>" template=$SHIPPED/cards.mustache;
            reco_slot  own n=2 after="#main" template=$dir/own.mustache;
        }
    }
CONF

my $page = $world->get('/page/page.html?item=sku-5')->{body};

like($page, qr{</title><script src="/reco\.js" defer data-item="sku-5"></script>
</head>}, 'a slot of no items names the item of the page');
like($page, qr{data-reco-block="related"[^>]* data-reco-live[^>]* lang="de-AT"},
    'the block says that it is live');
like($page, qr{<h2 class="reco-heading" id="reco-related">Tea &amp; &lt;cake&gt;<},
    'its heading is escaped');

my $title = qr{&lt;/a&gt;&lt;script&gt;alert\(\d+\)&lt;/script&gt;&\#34; }
    . qr{onclick=&\#39;x(?:\xef\xbf\xbd|&\#xFFFD;)};
my @titles = $page =~ m{<span class="reco-title">(.*?)</span>}g;
is(scalar @titles, 4, 'four cards');
is(scalar(grep { /^$title\z/ } @titles), 4, 'hostile titles are text');
is(scalar(() = $page =~ /<script/g), 1, 'no script came in');
like($page, qr{<a title="$title" href="/p/sku-\d+\?t=%3C%2Fa%3E[^"]*x%EF%BF%BD">1<},
    'the same in attributes and URLs');

my %shown;
$shown{$_}++ for $page =~ /data-reco-item="([^"]+)"/g;
is(scalar(grep { $_ > 1 } values %shown), 0, 'no item twice in a page');

my $json = $world->get('/reco/v1/recommendations?slot=related&item=sku-5&n=2')
    ->{body};
unlike($json, qr/[<>&']/, 'JSON that may stand in a page');


# -- nginx -t --

sub refusal {
    my ($source) = @_;

    $world->write_file('bad.mustache', $source);
    my ($ok, $output) = $world->nginx_test("reco_model $dir/model; "
        . "reco_slot x template=$dir/bad.mustache;");

    return $ok ? 'accepted' : $output;
}

like(refusal("<ul>\n  {{#items}}\n  <li>{{titel}}"),
    qr{bad\.mustache:3:7: unknown variable "titel", did you mean "title"\?},
    'a misspelt name');
like(refusal("<p>{{#items}}\n"), qr{bad\.mustache:1:4: section "items" is never closed},
    'an open section');
like(refusal('<a href={{slot}}>'), qr{bad\.mustache:1:9:.*quotes}, 'no quotes');
like(refusal('<script>{{slot}}</script>'), qr{bad\.mustache:1:9:.*script},
    'a value in a script');

done_testing();
