# An add-on as nginx knows them: static and dynamic, in a source tree of nginx as
# it was released; and the rewriter between gunzip and gzip in both.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Compress::Gzip qw(gzip);
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;

use Reco;
use Reco::Model;

plan skip_all => 'a sanitised build is itself a static one of these'
    if $ENV{RECO_BUILD};

my $sources = File::Temp::tempdir('reco-nginx-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $reason = `"$Reco::ROOT/mk/nginx-source" "$sources" 2>&1`;
plan skip_all => "no sources of nginx to be had: $reason" if $? != 0;

my $PAGE = '<html><body><div id="description">d</div></body></html>';
gzip(\$PAGE => \my $packed) or die;

# What a build takes that is about nothing but the module.
my @WITH = qw(--with-http_gunzip_module --with-http_v2_module
    --with-http_ssl_module --with-cc-opt=-O0 --with-compat);


sub build {
    my ($kind) = @_;

    my $tree = "$sources/$kind";
    my $add = $kind eq 'static' ? '--add-module' : '--add-dynamic-module';
    mkdir $tree or die "$tree: $!";
    system("cd '$sources' && cp -r auto conf configure contrib html man src '$tree'") == 0
        or die "cannot copy nginx's sources";

    my $log = `cd '$tree' && ./configure @WITH $add=$Reco::ROOT 2>&1 && make -j2 2>&1`;
    is($?, 0, "$kind: builds") or BAIL_OUT($log);

    return ("$tree/objs/nginx",
        $kind eq 'static' ? undef : "$tree/objs/ngx_http_reco_module.so");
}


for my $kind (qw(static dynamic)) {
    local ($Reco::NGINX, $Reco::MODULE) = build($kind);

    my $world = Reco->new;
    my $dir = $world->{dir};

    Reco::Model::publish($world, '000001');

    my $origin = $world->origin(sub {
        return { headers => ['Content-Type' => 'text/html',
            'Content-Encoding' => 'gzip'], body => $packed };
    });

    $world->nginx(<<"CONF");
        reco_model $dir/model;
        gzip on;
        gzip_min_length 1;

        server {
            listen 127.0.0.1:$world->{port};

            location / {
                proxy_pass http://127.0.0.1:$origin;
                reco on;
                reco_item sku-3;
                reco_slot related n=4 after="#description";
            }
        }
CONF

    for my $coding ('identity', 'gzip') {
        my $answer = $world->get('/', headers => { 'Accept-Encoding' => $coding });
        my $body = $answer->{body};
        my $sent = $answer->{headers}{'content-encoding'} // 'identity';

        is($sent, $coding, "$kind: $coding goes out where $coding is taken");
        gunzip(\$answer->{body} => \$body) or die if $sent eq 'gzip';

        my ($page, @blocks) = Reco::Model::parts($body);
        is($page, $PAGE, "$kind: $coding: the page is the shop's");
        my @ids = Reco::Model::ids($blocks[0]);
        is(scalar @ids, 4, "$kind: $coding: with a block");
    }

    $world->done;
}

done_testing;
