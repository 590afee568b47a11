# What is installed works from where it was put: the packages' module loads, with
# the templates beside it, and their programs run with their trainer.conf.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use File::Basename qw(dirname);
use Test::More;

use Reco;

plan skip_all => 'sanitised builds are not installed' if $ENV{RECO_BUILD};

chdir $Reco::ROOT or die;

my $world = Reco->new;
my $root  = "$world->{dir}/root";

# Without the one tool that it can do without; then with all of them.
my $few = "$world->{dir}/few";
mkdir $few;
for my $program (map { glob "$_/*" } split /:/, $ENV{PATH}) {
    my ($name) = $program =~ m{([^/]+)$};
    symlink $program, "$few/$name" if $name ne 'lowdown';
}
{
    local $ENV{PATH} = $few;
    my $output = `make -s deb 2>&1`;
    is($?, 0, 'make deb where lowdown is missing') or diag $output;
    like($output, qr/no manual pages/, 'says what is left out');
}
my $output = `make -s deb 2>&1`;
is($?, 0, 'make deb') or BAIL_OUT($output);

my @packages = glob 'build/deb/*.deb';
is(scalar @packages, 2, 'makes two packages');

for my $package (@packages) {
    system('dpkg-deb', '-x', $package, $root) == 0 or die "cannot unpack $package";
    my $control = `dpkg-deb -f $package Depends`;
    like($control, qr/libc6 \(/, 'says what it needs');
    like($control, qr/nginx-abi-/, 'and which nginx')
        if $package =~ /libnginx-mod/;
}

# -- what dpkg runs --

# A machine that systemd runs, and that notes what it is asked.
my $asked = "$world->{dir}/asked";
mkdir "$world->{dir}/bin";
for my $program ('systemctl', 'systemd-sysusers', 'systemd-tmpfiles') {
    $world->write_file("bin/$program", "#!/bin/sh\necho $program \"\$@\" >> $asked\n");
    chmod 0755, "$world->{dir}/bin/$program";
}

sub scripted {
    my ($kind, @arguments) = @_;

    my ($package) = grep { /reco-trainer/ } @packages;
    my $script = `dpkg-deb -I $package $kind`;
    $script =~ s{/run/systemd/system}{$world->{dir}}g;
    $script =~ s{/etc/reco}{$root/none}g;
    $world->write_file('script', $script);
    unlink $asked;
    local $ENV{PATH} = "$world->{dir}/bin:$ENV{PATH}";
    my ($code, $output) = $world->run('/bin/sh', "$world->{dir}/script", @arguments);
    is($code, 0, "$kind @arguments") or diag $output;
    return -e $asked ? scalar Reco->read_file($asked) : '';
}

unlike(scripted('postinst', 'configure', ''), qr/start/, 'an installation starts nothing');
like(scripted('postinst', 'configure', '0.0.9'), qr/^systemctl try-restart reco-trainer/m,
    'an update has the new trainer run where the old one did');
is(scripted('prerm', 'upgrade', '0.2'), '', 'it is not stopped before that');
like(scripted('prerm', 'remove'), qr/^systemctl disable --now reco-trainer/m,
    'what is removed does not go on running');
like(scripted('postrm', 'remove'), qr/^systemctl daemon-reload/m, 'and systemd forgets it');
like(join('', map { `dpkg-deb -I $_ triggers` } grep { /libnginx-mod/ } @packages),
    qr/^activate-noawait nginx-reload$/m, 'nginx is reloaded for the module');
is(`dpkg-deb -I $_ md5sums | head -n 1 | wc -w`, "2\n", 'files can be verified')
    for @packages;

like($world->read_file('root/usr/share/nginx/modules-available/mod-http-reco.conf'),
    qr{^load_module modules/ngx_http_reco_module.so;$}, 'the module is enabled');

local $Reco::MODULE = "$root/usr/lib/nginx/modules/ngx_http_reco_module.so";
local $Reco::NGINX = '/usr/sbin/nginx';
my ($ok, $said) = $world->nginx_test(<<"CONF");
    reco_model $world->{dir}/model;
    reco_zone shop:1m;
    server {
        listen 127.0.0.1:$world->{port};
        location / {
            reco on;
            reco_slot related template=$root/etc/reco/cards.mustache;
        }
    }
CONF
ok($ok, 'nginx -t takes it') or diag $said;

my ($code, $configuration) = $world->run("$root/usr/bin/recoctl", 'config',
    '--config', "$root/etc/reco/trainer.conf");
is($code, 0, 'recoctl reads the trainer.conf') or diag $configuration;
like($configuration, qr{^state\s+"?/var/lib/reco/state"?$}m, 'with its defaults');

my ($status, $usage) = $world->run("$root/usr/sbin/reco-trainer", '--help');
is($status, 0, 'reco-trainer runs') or diag $usage;

for my $page ('man1/recoctl.1', 'man5/trainer.conf.5') {
    my $text = $world->read_file("root/usr/share/man/$page");
    my ($name) = $page =~ m{/(.*)\.\d$};
    like($text, qr/^\.TH "\Q$name\E"/m, "$page is a manual page");
    unlike($text, qr/\]\(/, 'with no link to a file beside it');
}
like($world->read_file('root/usr/share/man/man1/recoctl.1'), qr/^\.SS\nversions/m,
    'which has the commands');
ok(-f "$root/usr/share/man/man8/reco-trainer.8", 'and one for reco-trainer');

my $unit = $world->read_file('root/lib/systemd/system/reco-trainer.service');
my ($start) = $unit =~ /^ExecStart=(\S+)/m;
ok(-x "$root$start", 'the unit starts what is there');
my ($page) = $unit =~ m{^Documentation=file://(\S+)}m;
ok(-f "$root$page", 'and names a page that is there');

# Links among what is installed; the sources' own files are not.
my $documents = "$root/usr/share/doc/reco-trainer";
my @broken;
for my $file (map { glob "$documents/$_" } 'README.md', 'CHANGELOG.md', 'docs/*.md') {
    my $folder = dirname($file);
    push @broken, map { "$file: $_" }
        grep { !/^[a-z]+:/ && !m{^\.\./(?:conf|t)/} && !-e "$folder/$_" }
        Reco->read_file($file) =~ /\]\(([^)\s#]+)/g;
}
is_deeply(\@broken, [], 'the pages come with those and the pictures that they name');
ok(-f "$documents/docs/images/demo.png", 'such as this one');

$world->done;
done_testing;
