# recoctl itself: help, misuse, completion; and that the docs know every command
# and option.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;

sub ctl { return $world->recoctl(@_) }

my ($code, $summary) = ctl('help');
is($code, 0, 'help');
my @commands = $summary =~ /^  ([a-z-]+) +\S/mg;
cmp_ok(scalar @commands, '>=', 15, 'lists the commands');
is_deeply(\@commands, [sort @commands], 'by name');

my $docs = '';
for my $path (glob "$Reco::ROOT/docs/*.md") {
    open my $file, '<', $path or die;
    $docs .= do { local $/; <$file> };
}

for my $command (@commands) {
    my ($code, $help) = ctl('help', $command);
    is($code, 0, "help $command");
    like($help, qr/^Usage: recoctl \Q$command\E/, 'says how it is used');
    is((ctl($command, '--help'))[1], $help, 'and so does --help');
    unlike($help, qr/^.{81}/m, 'in 80 columns');
    like($docs, qr/^    recoctl \Q$command\E\b/m, 'the docs show how');
    my %seen;
    my @missing = grep { !$seen{$_}++ && $docs !~ /\Q$_\E\b/ }
        $help =~ /(--[a-z][a-z-]*)(?![\w-])/g;
    is("@missing", '', 'and have its options');

    ($code, my $output) = ctl($command, '--no-such-option');
    is($code, 2, 'another option is misuse');
    like($output, qr/recoctl $command: /, 'which it says');
}
my %known = map { $_ => 1 } @commands, 'help';
is(join(' ', grep { !$known{$_} } $docs =~ /^    (?:\$ )?recoctl ([a-z-]+)/mg), '',
    'the docs show no other command');

($code, my $output) = ctl('frobnicate');
is($code, 2, 'no such command');
like($output, qr/no command "frobnicate"/, 'which it says');
($code, $output) = ctl();
is($code, 2, 'no command');
($code, $output) = ctl('help', 'frobnicate');
is($code, 2, 'no help for it either');

# -- numbers and arguments --

for my $wrong (
    ['events', '--limit', 'some'], ['import', '--show', '-1', 'x.csv'],
    ['explain', '--n', '8x'], ['tail', '--lines', '1e3'],
    ['tune', '--budget', '0'], ['eval', '--resamples', '100001'],
    ['export-examples', '--limit', '99999999999999999999'])
{
    my ($command, $option) = @$wrong;
    ($code, $output) = ctl(@$wrong);
    is($code, 2, "$command $option $wrong->[2] is misuse");
    like($output, qr/recoctl $command: \Q$option\E is (?:from|a number from) \d/,
        'which says what it takes');
}
for my $command (grep { !/^(?:forget|import|outbox|diff)$/ } @commands) {
    ($code, $output) = ctl($command, ('extra') x 2);
    is($code, 2, "$command takes no two arguments");
    like($output, qr/recoctl $command: .*(?:too many|one file)/,
        'which it says');
}

# -- another user's store --

SKIP: {
    skip 'only root can be somebody else', 7 if $> != 0;

    my $lines = $world->write_file('lines.tsv', "visitor\titem\tts\nv1\ti1\t1700000000\n");
    ($code, $output) = ctl('import', '--state', "$world->{dir}/state", $lines);
    is($code, 0, 'what root has imported') or diag $output;
    chmod 0755, $world->{dir};
    for my $command (['events'], ['import', $lines], ['train']) {
        my ($name, @file) = @$command;
        (undef, $output) = $world->run('setpriv', '--reuid=nobody', '--regid=nogroup',
            '--clear-groups', "$Reco::BUILD/recoctl", $name, '--state', "$world->{dir}/state", @file);
        like($output, qr/cannot open the store .*: Permission denied; be the user/,
            "$name: nobody is told whose it is");
    }

    # And root works as the user whose it is, also of folders that are not there yet.
    my ($nobody, $group) = (getpwnam 'nobody')[2, 3];
    my $theirs = "$world->{dir}/theirs";
    mkdir $theirs or die;
    chown $nobody, $group, $theirs or die;
    ($code, $output) = ctl('import', '--state', "$theirs/a/state", $lines);
    is($code, 0, 'root imports for nobody') or diag $output;
    is_deeply([map { (stat)[4] } "$theirs/a/state", "$theirs/a/state/data.mdb",
        "$theirs/a/state/lock.mdb"], [($nobody) x 3], 'to whom it belongs');
    my $secret = $world->write_file('secret.tsv', "x\n");
    chmod 0600, $secret;
    ($code, $output) = ctl('import', '--state', "$theirs/a/state", $secret);
    like($output, qr/cannot open .*secret\.tsv.*: Permission denied/, 'and who may read no more');
}

# -- completion --

sub complete {
    my (@words) = @_;

    my $list = join ' ', map { "'$_'" } 'recoctl', @words;
    my $script = "PATH=$Reco::BUILD:\$PATH; source $Reco::ROOT/conf/recoctl.bash;"
        . "compopt() { :; }; COMP_WORDS=($list); COMP_CWORD=" . scalar(@words)
        . '; _recoctl; echo "${COMPREPLY[*]}"';
    open my $bash, '-|', 'bash', '-c', $script or die;
    chomp(my $line = <$bash> // '');
    return $line;
}

is(complete('rol'), 'rollback', 'a command is completed');
is(complete('help', 'vers'), 'versions', 'behind help too');
like(complete('import', '--no'), qr/--no-header/, 'an option is completed');
is(complete('versions', '--verif'), '--verify', 'of the command in hand');

$world->done;
done_testing;
