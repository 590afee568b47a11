# Pages that come compressed are rewritten by nginx's own gunzip, which the
# module arranges for these pages alone; and compressed again for the client.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Compress::Gzip qw(gzip);
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;

use Reco;
use Reco::Model;

my $PAGE = '<html><body>' . join('', map { "<p>line $_</p>\n" } 1 .. 3000)
    . '<!-- reco:related --><p>end</p></body></html>';
gzip(\$PAGE => \my $packed) or die;

# for those who alter pages behind us
my $spoken = '<p>word: <!--# echo var="arg_word" --></p>' . $PAGE;
gzip(\$spoken => \my $packed_spoken) or die;

my $world = Reco->new;
my $dir   = $world->{dir};

Reco::Model::publish($world, '000001');
$world->write_file('www/page.html', $PAGE);
$world->write_file('www/page.html.gz', $packed);
$world->write_file('www/before.html', 'before ');
$world->write_file('www/after.html', ' after');

my $origin = $world->origin(sub {
    my ($how) = $_[0]{path} =~ m{/([^/?]+)[^/]*$};
    my @html = ('Content-Type' => 'text/html');
    my $gzip = [@html, 'Content-Encoding' => 'gzip', 'ETag' => '"o"'];

    return { headers => $gzip, body => $packed } if $how eq 'length';
    return { headers => $gzip, body => $packed, framing => 'chunked' }
        if $how eq 'chunked';
    return { headers => $gzip, framing => 'chunked',
             pieces => [$packed =~ /(.{1,$1})/gs] } if $how =~ /^by(\d+)$/;
    return { headers => $gzip, body => $packed, framing => 'chunked',
             cut => int(length($packed) / 2) } if $how eq 'cut';
    return { headers => $gzip, body => substr($packed, 0, 200) . 'x' x 500 }
        if $how eq 'damaged';
    return { headers => [@html, 'Content-Encoding' => $how], body => $packed }
        if $how =~ /^(?:br|zstd|deflate|x-gzip)$/;
    return { headers => ['Content-Type' => 'text/css',
             'Content-Encoding' => 'gzip'], body => $packed } if $how eq 'css';
    return { headers => $gzip, body => $packed_spoken } if $how eq 'spoken-packed';
    return { headers => \@html, body => $spoken } if $how eq 'spoken-plain';
    return { headers => \@html, body => $PAGE };
});

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_slot related n=3;

    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        proxy_http_version 1.1;
        proxy_set_header Accept-Encoding \$http_accept_encoding;

        location /off/ {
            proxy_pass http://127.0.0.1:$origin;
        }
        location /on/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
        }
        location /nested/ {
            reco on;
            location /nested/on/ {
                proxy_pass http://127.0.0.1:$origin;
            }
            location /nested/off/ {
                proxy_pass http://127.0.0.1:$origin;
                reco off;
            }
        }
        location /again/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            gzip on;
            gzip_vary on;
        }
        location /altered/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            ssi on;
            sub_filter_once off;
            sub_filter '<p>end</p>' '<p>the end</p>';
            sub_filter data-reco-item data-altered;
            add_before_body /before.html;
            add_after_body /after.html;
            gzip on;
        }
        location /ready/ {
            alias $dir/www/;
            gzip_static on;
            reco on;
        }
    }
    server {
        listen 127.0.0.1:$world->{port};
        server_name status;
        location / { reco_status; }
    }
CONF

my %accept = (headers => { 'Accept-Encoding' => 'gzip' });


# The page with a block, uncompressed or not.
sub rewritten {
    my ($response, $what, $coding) = @_;

    is($response->{headers}{'content-encoding'}, $coding, "$what: its coding");
    my $body = $response->{body};
    if ($coding && !gunzip(\$response->{body} => \$body)) {
        return fail("$what: gzip");
    }
    my ($page, @blocks) = Reco::Model::parts($body);
    ok($response->{complete} && $page eq $PAGE && @blocks == 1,
        "$what: the page with a block");
    my $length = $response->{headers}{'content-length'};
    ok(!defined $length || $length == length $response->{body}, "$what: no old length");

    return;
}


for my $how (qw(length chunked by1 by7 by1000)) {
    rewritten($world->get("/on/$how"), "$how, client without gzip");
    rewritten($world->get("/on/$how", %accept), "$how, client with gzip");
    rewritten($world->get("/again/$how", %accept), "$how, compressed again",
        'gzip');
}
rewritten($world->get('/again/length'), 'gzip on, client without');
rewritten($world->get('/again/plain', %accept), 'never compressed before',
    'gzip');
rewritten($world->get('/ready/page.html', %accept), 'gzip_static');
rewritten($world->get('/ready/page.html'), 'gzip_static, client without');
rewritten($world->get('/nested/on/length'), 'an inherited place');
like($world->get('/again/length', %accept)->{headers}{vary},
    qr/Accept-Encoding/, 'Vary says so');

# -- who alters pages behind us has them decompressed, with their blocks --

my %text;
for my $how ('spoken-plain', 'spoken-packed') {
    for my $client ({}, \%accept) {
        my $body = $world->get("/altered/$how?word=yes", %$client)->{body};
        my $text = $body;
        gunzip(\$body => \$text) if %$client;
        $text =~ s/(data-reco-req=")\w+/$1/;
        $text{$text} = 1;
    }
}
is(scalar keys %text, 1, 'sub_filter, addition and SSI do the same, however the page comes');
my ($altered) = keys %text;
like($altered, qr{^before <p>word: yes</p><html>}, 'SSI, and what is put before');
like($altered, qr{<p>the end</p></body></html> after$}, 'sub_filter, and what is put behind');
my @altered = $altered =~ /data-altered="sku-/g;
is(scalar @altered, 3, 'sub_filter sees blocks');

# -- nothing else is decompressed on the module's account --

for my $path (qw(css br zstd deflate x-gzip)) {
    for my $client ({}, \%accept) {
        my $on  = $world->get("/on/$path", %$client);
        my $off = $world->get("/off/$path", %$client);
        delete $_->{headers}{date} for $on, $off;
        is($on->{body}, $off->{body}, "$path passes");
        is_deeply($on->{headers}, $off->{headers}, 'with its headers');
    }
}
is($world->get('/nested/off/length')->{headers}{'content-encoding'}, 'gzip',
    'a place that is off inherits no gunzip');

# -- broken ends stay broken --

for my $how (qw(cut damaged)) {
    my $response = $world->get("/on/$how");
    ok(!$response->{complete}, "$how: incomplete");
    my ($page) = Reco::Model::parts($response->{body});
    is($page, substr($PAGE, 0, length $page), 'a beginning of the page');
}
$world->expect_log(qr/inflate/);

like($world->get('/', headers => { Host => 'status' })->{body},
    qr/^reco_pages_coded_total 8$/m, 'the other codings are counted');

$world->stop_nginx;
$world->done;

done_testing;
