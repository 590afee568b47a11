# The documentation holds: links lead somewhere, every directive, variable and
# command is described and no other one is, nginx takes the configurations that
# are shown, and the example that reads the stream does.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use File::Basename qw(dirname);
use Test::More;

use Reco;

plan skip_all => 'once is enough' if $ENV{RECO_BUILD};

chdir $Reco::ROOT or die;

my $world = Reco->new;
my @pages = split /\n/, `git ls-files -co --exclude-standard '*.md'`;
my %text  = map { $_ => scalar Reco->read_file("$Reco::ROOT/$_") } @pages;


# -- links --

# The anchors that a page's headings make, as code hosts make them.
sub anchors {
    my ($page) = @_;

    return map {
        my $anchor = lc;
        $anchor =~ s/[^\w\- ]//g;
        $anchor =~ tr/ /-/;
        $anchor => 1;
    } $text{$page} =~ /^#+ +(.*?) *$/mg;
}

my @broken;
for my $page (@pages) {
    (my $prose = $text{$page}) =~ s/^```.*?^```//msg;
    while ($prose =~ /\]\(([^)\s]+)\)/g) {
        my ($path, $anchor) = split /#/, $1, 2;
        next if $path =~ /^[a-z]+:/;
        my $target = $path eq '' ? $page : dirname($page) . "/$path";
        1 while $target =~ s{(^|/)(?!\.\.?/)[^/]+/\.\./}{$1} || $target =~ s{(^|/)\./}{$1};
        if (!-e $target) {
            push @broken, "$page: $path is not there";
        } elsif (defined $anchor) {
            my %there = $text{$target} ? anchors($target) : ();
            push @broken, "$page: $target has no \"$anchor\"" unless $there{$anchor};
        }
    }
}
is_deeply(\@broken, [], 'every link leads somewhere') or diag join "\n", @broken;

# What stands in the tree; what make makes is in build/.
my @absent;
for my $page (@pages) {
    for my $path ($text{$page} =~ m{(?<![\w/.-])((?:t|bench|lib|cli|trainer|conf|sdk|mk|demo|docs)
        /(?:[\w-]+/)*[\w-]+(?:\.\w+)*)}xg)
    {
        push @absent, "$page: $path" unless -e $path || $path =~ m{^lib/X$};
    }
}
is_deeply(\@absent, [], 'every file that is named is there') or diag join "\n", @absent;


# -- directives and variables --

my $module = join '', map { scalar Reco->read_file($_) }
    glob "$Reco::ROOT/ngx_http_reco_module/*.c";

my ($commands) = $module =~ /ngx_command_t ngx_http_reco_commands\[\] = (.*?)^\};/ms;
my %directive = map { $_ => 1 } $commands =~ /"(reco\w*)"/g;
my %described = map { $_ => 1 } map { /^    Syntax:  (reco\w*)/mg } values %text;
cmp_ok(scalar keys %directive, '>', 10, 'the module has directives');
is_deeply([sort keys %described], [sort keys %directive],
    'each directive is described, and no other one');

# By nginx's flags of contexts, which the table's macros stand for too.
my %context;
my $entry = qr/(?:NGX_HTTP_RECO_(?:VALUE|HANDLER|SET)|ngx_string)\(/;
while ($commands =~ /($entry)\s*"(reco\w*)"(.*?)(?=$entry|ngx_null_command)/gs) {
    my ($kind, $name, $flags) = ($1, $2, $3);
    my $any = $kind =~ /VALUE/ || $flags =~ /RECO_ANYWHERE/;
    $context{$name} = join ', ',
        $any || $flags =~ /HTTP_MAIN_CONF\b/ ? 'http' : (),
        $any || $flags =~ /HTTP_SRV_CONF\b/ ? 'server' : (),
        $any || $kind =~ /HANDLER/ ? 'location' : (),
        $flags =~ /HTTP_LIF_CONF/ ? 'if in location' : ();
}
my %allowed = map { /^    Syntax:  (reco\w*)(?:(?!^    Context:).)*^    Context: ([^\n]*)/msg }
    values %text;
is_deeply(\%allowed, \%context, 'and where it may stand');

my ($variables) = $module =~ /ngx_http_reco_variables\[\] = (.*?)^\};/ms;
my %variable = map { $_ => 1 } $variables =~ /"(reco_\w+)"/g;
my %told = map { $_ => 1 }
    $text{'docs/directives.md'} =~ /^\| `\$(reco_\w+?)(?:_N)?` \|/mg;
delete $_->{reco_path_segment} for \%told, \%variable;
delete $variable{reco_path_segment_};
is_deeply([sort keys %told], [sort keys %variable],
    'each variable is described, and no other one');


# -- configurations that are shown --

$text{'conf/nginx.conf'} = "```nginx\n"
    . Reco->read_file("$Reco::ROOT/conf/nginx.conf") . "```\n";

for my $page (@pages, 'conf/nginx.conf') {
    my $n = 0;
    while ($text{$page} =~ /^```nginx\n(.*?)^```/msg) {
        my $shown = $1;
        next unless $shown =~ /^http \{\n(.*)^\}/ms;
        my $http = $1;
        my $dir = $world->{dir};
        $n++;

        # At once: what is put in may look like what is looked for.
        my %place = ('/etc/reco/' => "$Reco::ROOT/conf/templates/",
            '/usr/share/reco/' => "$Reco::ROOT/conf/templates/",
            '/var/log/nginx/' => "$dir/logs/", '/var/lib/nginx/' => "$dir/",
            '/run/reco/' => "$dir/", '/var/lib/reco/' => "$dir/");
        my $places = join '|', keys %place;
        $http =~ s{(?<=[\s="])($places)}{$place{$1}}g;
        $http =~ s{^ *(?:include|default_type) .*;$}{}mg;
        $http .= "    upstream shop { server 127.0.0.1:9; }\n"
            if $http !~ /upstream shop /;

        my ($ok, $output) = $world->nginx_test($http);
        ok($ok, "$page: configuration $n") or diag $output;
    }
}


# -- the stream, read with redis-py --

my $redis = $world->redis;
$redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(u => 'ab' x 16,
    q => '19ab697e80000003', t => 'purchase', l => "42\t2\t19.9\n7\t\t24.9\n",
    c => "q\tred\xe2\x80\xa8shoes\n"));

my ($example) = $text{'docs/events.md'} =~ /^```python\n(.*?)^```/ms;
$example =~ s/redis\.Redis\(/redis.Redis(port=$world->{redis_port}, /;
my ($code, $output) = $world->run('/usr/bin/python3', '-c', $example);
is($code, 0, 'the example in Python runs') or diag $output;
is($output =~ s/^\d+-\d+ //r, "{'u': [['@{[ 'ab' x 16 ]}']], 'q': [['19ab697e80000003']], "
    . "'t': [['purchase']], 'l': [['42', '2', '19.9'], ['7', '', '24.9']], "
    . "'c': [['q', 'red\\u2028shoes']]}\n", 'and reads the event');

$redis->command('DEL', 'reco:events:0');
$redis->command('XADD', 'reco:events:0', '*', e => "t\tview\ni\t1\n\nt\tview\ni\t2\n");
($code, $output) = $world->run('/usr/bin/python3', '-c', $example);
is($output =~ s/^\d+-\d+ //mgr, join('', map { "{'t': [['view']], 'i': [['$_']]}\n" } 1, 2),
    'and of an entry that has two, both');


# -- commands --

my (undef, $help) = $world->recoctl('help');
my %command = map { $_ => 1 } $help =~ /^  ([a-z][a-z-]+)  +\S/mg;
my %section = map { $_ => 1 }
    map { map { split m{[ ,]+|\b and \b} } /^## ((?:[a-z-]+(?:, | and )?)+)$/mg }
    $text{'docs/recoctl.md'};
my @missing = grep { !$section{$_} } sort keys %command;
is_deeply(\@missing, [], 'docs/recoctl.md has each command');

my @untold;
my %option = map { $_ => 1 } qw(--config --state --set --invert_hash --readable_model
    --loss_function);    # of all commands, and of Vowpal Wabbit
for my $name (sort keys %command) {
    my ($code, $usage) = $world->recoctl('help', $name);
    push @untold, map { "$name $_" } grep { "$text{'docs/recoctl.md'}$text{'docs/eval.md'}" !~ /\Q$_\E\b/ }
        $usage =~ /^  (--[a-z-]+)/mg;
    $option{$_} = 1 for $usage =~ /(--[a-z][a-z-]+)/g;
}
is_deeply(\@untold, [], 'and each option');
my @unknown = grep { !$option{$_} } map { /(?<![\w-])(--[a-z][a-z_-]+)/g }
    map { $text{$_} } qw(docs/recoctl.md docs/eval.md);
is_deeply(\@unknown, [], 'and no other one');

# -- what nginx tells: figures, and how many visitors a megabyte holds --

$world->nginx("reco_zone shop:8m; reco_model $world->{dir}/model; server { listen "
    . "127.0.0.1:$world->{port}; location /status { reco_status; } }");
my %figure = map { $_ => 1 } $world->get('/status')->{body} =~ /^# TYPE (\w+)/mg;
my %listed = map { $_ => 1 } $text{'docs/operations.md'} =~ /^\| `(reco_\w+)` \|/mg;
is_deeply([sort keys %listed], [sort keys %figure], 'each figure is described, and no other one');
my @invented = grep { !$figure{$_} } map { /`(reco_\w+_(?:total|bytes|seconds))`/g } values %text;
is_deeply(\@invented, [], 'wherever one is named');

my ($capacity) = $world->get('/status?format=json')->{body} =~ /"capacity":(\d+)/;
for my $page ('docs/directives.md', 'conf/nginx.conf') {
    my ($number) = $text{$page} =~ /megabyte (?:holds|for) some (\d+)/;
    cmp_ok(abs($capacity / 8 - $number), '<', 50, "$page tells how many visitors a zone holds");
}
$world->stop_nginx;

$world->done;
done_testing;
