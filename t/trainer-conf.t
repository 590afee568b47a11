# Every key of trainer.conf is documented with its default; the file that is
# installed changes none.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;

sub values_of {
    my ($code, $output) = $world->recoctl('config', @_);
    is($code, 0, 'recoctl config') or diag $output;
    return map { /^(\S+)\s+(.*)$/ ? ($1 => $2) : () } split /\n/, $output;
}

my %value = values_of('--state', '/var/lib/reco/state');
my $page  = Reco->read_file("$Reco::ROOT/docs/trainer.conf.md");

my %documented;
while ($page =~ /^### (\S+)\n\n    Syntax:  (\S+) [^\n]+\n    Default: ([^\n]+)\n/mg) {
    my ($key, $again, $default) = ($1, $2, $3);
    is($again, $key, "syntax of $key");
    $documented{$key} = $default eq "\x{e2}\x{80}\x{94}" ? '""'
        : $default =~ /^\Q$key\E (.+)$/ ? $1 : "wrong: $default";
}

is_deeply(\%documented, \%value, 'docs/trainer.conf.md has every key and default');

my %shipped = values_of('--config', "$Reco::ROOT/conf/trainer.conf");
is_deeply(\%shipped, \%value, 'conf/trainer.conf changes none');

my %known = map { $_ => 1 } keys %value;
my @shown = Reco->read_file("$Reco::ROOT/conf/trainer.conf")
    =~ /^#([a-z_.]+)  ?/mg;
is_deeply([grep { !$known{$_} } @shown], [], 'and names none that is not there');

my %secret = values_of('--set', 'redis_password=hush', '--set',
    'redis_sentinel_password=hush');
is_deeply([@secret{'redis_password', 'redis_sentinel_password'}], ['(set)', '(set)'],
    'passwords are not printed');

# Without hiredis' TLS it is "redis_tls" itself that is refused.
for (['redis', 'redis=127.0.0.1:99999'], ['memcached', 'memcached=cache:0'],
    ['redis_user', 'redis_user=u'], ['model', 'model=/nowhere', 'archive=/nowhere'],
    ['redis_tls(?:_ca [^"]+)?', 'redis_tls=on', "redis_tls_ca=$world->{dir}/nowhere"])
{
    my ($key, @pairs) = @$_;
    my ($code, $output) = $world->recoctl('config', map { ('--set', $_) } @pairs);
    cmp_ok($code, '>', 0, "@pairs is refused before anything starts");
    like($output, qr/"$key[" ]/, 'by name');
}

my $words = 0;
while ($page =~ /^    Syntax:  (\S+) ([\w-]+(?: \| [\w-]+){2,})$/mg) {
    my ($key, @words) = ($1, split / \| /, $2);
    $words++;
    for my $word (@words) {
        my %value = values_of('--set', "$key=$word");
        is($value{$key}, $word, "$key takes $word");
    }
    for my $word ('', $words[0] . 'x', substr($words[-1], 1), "$words[0] $words[1]") {
        my ($code, $output) = $world->recoctl('config', '--set', "$key=$word");
        is($code, 2, "$key does not take \"$word\"");
        like($output, qr/"\Q$word\E" is no value for "$key": it takes one of @words$/m,
            'which is said');
    }
}
is($words, 3, 'keys that take one of some words');

$world->done;
done_testing;
