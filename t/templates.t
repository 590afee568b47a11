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
    title => sub { qq{</a><script>alert($_[0])</script>" onclick='x\xe4\xef\xbf\xbf} });

$world->write_file('www/page.html', '<!DOCTYPE html><html><head><title>Shop'
    . '</title></head><body><main id="main"><p>page</p></main></body></html>');
$world->write_file('own.mustache', '<nav data-slot="{{slot}}">{{#items}}'
    . '<a title="{{title}}" href="/p/{{id}}?t={{title}}">{{rank}}</a>'
    . '{{/items}}</nav>');

my $shipped = join "\n", map { qq(reco_slot $_ n=3 append="#main" live heading="\$arg_item"
    template=$SHIPPED/$_.mustache;) } qw(cards carousel list minimal);

$world->nginx(<<"CONF");
    reco_model   $dir/model;
    reco_zone    shop:1m;
    reco_locale  de-AT;
    server {
        listen 127.0.0.1:$world->{port};
        location /reco/v1/ { reco_api; }
        location /xml/ {
            alias         $dir/www/;
            types         { application/xhtml+xml html; }
            reco          on;
            reco_sdk      inject;
            reco_slot     script n=0 append="head" template=$SHIPPED/script.mustache;
            reco_slot     built-in n=1 append="#main" live heading="&<";
            $shipped
        }
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

# -- a page that is XML --

$world->write_file('www/xml.html', '<?xml version="1.0"?><html xmlns='
    . '"http://www.w3.org/1999/xhtml"><head><title/><script src="x"/></head>'
    . '<body><div id="main"><![CDATA[ <b id="main"> ]]></div></body></html>');
{
    my $xml = $world->get('/xml/xml.html?item=sku-5')->{body};
    $world->write_file('answer.xml', $xml);
    my ($code, $output) = $world->run('/usr/bin/python3', '-c',
        'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])', "$dir/answer.xml");
    is($code, 0, 'is XML with the blocks that come with us') or diag($output);
    is(scalar(() = $xml =~ / data-reco-block="/g), 5, 'all of them');
    is(scalar(() = $xml =~ / data-reco-live=""/g), 5, 'live');
    is(scalar(() = $xml =~ /<script /g), 3, 'and the script');
}

my $page = $world->get('/page/page.html?item=sku-5')->{body};

like($page, qr{</title><script src="/reco\.js" defer="" data-item="sku-5"></script>
</head>}, 'a slot of no items names the item of the page');
like($page, qr{data-reco-block="related"[^>]* data-reco-live[^>]* lang="de-AT"},
    'the block says that it is live');
like($page, qr{<h2 class="reco-heading" id="reco-related">Tea &amp; &lt;cake&gt;<},
    'its heading is escaped');

my $title = qr{&lt;/a&gt;&lt;script&gt;alert\(\d+\)&lt;/script&gt;&\#34; }
    . qr{onclick=&\#39;x(?:\xef\xbf\xbd|&\#xFFFD;){2}};
my @titles = $page =~ m{<span class="reco-title"><bdi>(.*?)</bdi></span>}g;
is(scalar @titles, 4, 'four cards');
is(scalar(grep { /^$title\z/ } @titles), 4, 'hostile titles are text');
is(scalar(() = $page =~ /<script/g), 1, 'no script came in');
like($page, qr{<a title="$title" href="/p/sku-\d+\?t=%3C%2Fa%3E[^"]*x%EF%BF%BD(?:%EF%BF%B[DF])">1<},
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

$world->done;
done_testing;
