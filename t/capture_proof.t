# capture_crash.t sees what it is there to see: with a module in which one line
# is wrong, it fails.
#
#   crc    recovery takes what no checksum fits
#   ack    the outbox lets go of an event when it is sent, not when it is confirmed

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use File::Path qw(make_path);
use Test::More;

use Reco;

plan skip_all => 'the sanitised nginx has the module inside'
    if Reco::has_own_nginx();

my $root  = $Reco::ROOT;
my $build = $Reco::BUILD;
my $tree  = "$build/nginx-tree";
my $world = Reco->new;

my %wrong = (
    crc => {
        file => 'lib/outbox/outbox_ring.c',
        from => 'header.crc != record_crc(',
        to   => '0 && header.crc != record_crc(',
        sees => qr/not ok \d+ - and \d+ halves of records have none/,
    },
    ack => {
        file => 'ngx_http_reco_module/ngx_http_reco_pump.c',
        from => "    forward->accounted = number;\n",
        to   => "    forward->accounted = number;\n"
            . "    ngx_http_reco_source_confirm(forward->source, sent->cursor, sent->records);\n",
        sees => qr/not ok \d+ - each has its effect in the store/,
    },
);

# The command by which nginx's make would build a target.
sub command_of {
    my ($target) = @_;

    my ($code, $output) = $world->run('make', '-n', '-B', '-s', '-C', $tree,
        '-f', 'objs/Makefile', $target);
    $output =~ s/\\\n\s*/ /g;
    my ($command) = grep { /-o \Q$target\E / } split /\n/, $output;

    return $command;
}

# A build folder like ours, with another module.
sub build_wrong {
    my ($name, $wrong) = @_;

    my $folder = "$world->{dir}/$name";
    make_path("$folder/t");
    symlink "$build/$_", "$folder/$_" for qw(reco-trainer recoctl t/support);

    my $source = $world->read_file("$root/$wrong->{file}");
    my $times  = () = $source =~ /\Q$wrong->{from}\E/g;
    is($times, 1, "$name: there is the line that is made wrong") or return;
    $source =~ s/\Q$wrong->{from}\E/$wrong->{to}/;
    $world->write_file("$folder/wrong.c", $source);

    my $so     = 'objs/ngx_http_reco_module.so';
    my $link   = command_of($so);
    my $object = "$folder/wrong.o";
    my $compile;

    if ($wrong->{file} =~ m{^lib/}) {
        $compile = "gcc -std=gnu17 -fPIC -fvisibility=hidden -O2 -I$root/lib "
            . "-c -o $object $folder/wrong.c && cp $build/libreco.a $folder/ && "
            . "cd $folder && mv wrong.o outbox_ring.o && "
            . 'ar r libreco.a outbox_ring.o';
        $link =~ s{\S*/libreco\.a}{$folder/libreco.a}g;

    } else {
        my ($base) = $wrong->{file} =~ m{([^/]+)\.c$};
        my $target = "objs/addon/ngx_http_reco_module/$base.o";
        $compile = command_of($target);
        $compile =~ s{-o \Q$target\E}{-o $object};
        $compile =~ s{\S+/\Q$wrong->{file}\E}{$folder/wrong.c};
        $compile = "cd $tree && $compile -I$root/ngx_http_reco_module";
        $link =~ s{\Q$target\E}{$object};
    }

    $link =~ s{-o \Q$so\E}{-o $folder/ngx_http_reco_module.so};
    my ($code, $output) = $world->run('sh', '-c',
        "($compile) && cd $tree && $link");
    is($code, 0, "$name: it builds") or diag $output;

    return $folder;
}

for my $name (sort keys %wrong) {
    my $folder = build_wrong($name, $wrong{$name}) or next;

    local $ENV{RECO_BUILD} = $folder;
    local $ENV{RECO_CRASH} = 'small';
    my ($code, $output) = $world->run($^X, "$Bin/capture_crash.t");
    isnt($code, 0, "$name: the crash test fails");
    like($output, $wrong{$name}{sees}, "$name: and says what is wrong");
}

$world->done;
done_testing;
