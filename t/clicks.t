# The blend's weights follow clicks on blocks that were shown, and not the
# places where these stood: through the real trainer.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;
use Time::HiRes qw(stat time);

use Reco;

use constant PLACES => 8;

# A shop of forty items in two categories, which visits go through at random:
# history has nothing to say about categories.
my @items = map {"item$_"} 0 .. 39;
sub category { my ($item) = @_; return substr($item, 4) % 2 ? 'odd' : 'even' }

sub shop {
    my (%key) = @_;

    my $world = Reco->new;
    $world->{redis} = $world->redis;
    $world->trainer_conf(
        overlay_interval  => '100ms',
        train_interval    => '1h',
        ials_dimensions   => 8,
        ials_iterations   => 2,
        prequential_share => 1,
        %key,
    );
    srand 7;    # ports and folders were drawn, of which others have taken some
    my $lines = "visitor\titem\tts\n";
    my $now   = time;
    for my $visit (1 .. 800) {
        $lines .= join("\t", "h$visit", $items[rand @items],
            int($now - 90000 + 100 * $visit + $_)) . "\n" for 1 .. 4;
    }
    $world->ctl('import', '--items', $world->write_file('items.tsv',
        join '', "item\tcategory\n", map { "$_\t" . category($_) . "\n" } @items));
    $world->ctl('import', $world->write_file('events.tsv', $lines));
    $world->ctl('train');
    $world->trainer;

    return $world;
}

# So many visits of one page with a block each.  Those who look at a place, the k-th with
# probability 1/k, click where $likes says so.
sub visit {
    my ($world, $blocks, $likes) = @_;

    srand 8;
    my $number = 0;
    my @waiting;
    for my $block (1 .. $blocks) {
        my $visitor = sprintf '%032x', $block;
        my $send    = sub {
            my %event = (v => 1, id => 'e' . ++$number, rt => int(time * 1000),
                ts => int(time * 1000), src => 'sdk', @_);
            push @waiting, [ 'XADD', 'reco:events:0', '*',
                Reco::Redis::event(u => $visitor, %event) ];
        };
        my $page  = $items[rand @items];
        my %shown = ($page => 1);
        my @shown;
        # The site puts what is of the page's category first.
        while (@shown < PLACES) {
            my $item = $items[rand @items];
            next if $shown{$item}++;
            push @shown, $item;
        }
        @shown = sort { (category($b) eq category($page)) <=> (category($a) eq category($page)) }
            @shown;
        $send->(t => 'view', i => $page);
        $send->(t => 'impression', s => 'related',
            l => join '', map {"$_\t\t\n"} @shown);
        for my $place (1 .. PLACES) {
            next unless rand() < 1 / $place && rand() < $likes->($page, $shown[$place - 1]);
            $send->(t => 'click', i => $shown[$place - 1], s => 'related', k => $place);
            $world->{clicks}++;
        }
        $world->{redis}->pipeline(splice @waiting) if @waiting > 200 || $block == $blocks;
    }
}

sub learnt {
    my ($world) = @_;

    my $status = eval { decode_json(scalar $world->ctl('status', '--json')) } or return {};
    return $status->{model}{overlay}{report}{clicks} // {};
}

# Once every click has come in.
sub settled {
    my ($world) = @_;

    ok($world->wait_for(120, sub {
        my $status = eval { decode_json(scalar $world->ctl('status', '--json')) } or return 0;
        return ($status->{store}{counters}{click} // 0) == $world->{clicks};
    }), 'all clicks come in');

    # One overlay may have been under way.
    for my $round (1, 2) {
        my $made = sub { (stat "$world->{dir}/model/overlay")[9] // 0 };
        my $was  = $made->();
        $world->{redis}->command('XADD', 'reco:events:0', '*', Reco::Redis::event(
            u => sprintf('%032x', 1e6), id => 'settled' . ++$world->{settled}, t => 'view',
            i => $items[0], rt => int(time * 1000), ts => int(time * 1000)));
        $world->wait_for(60, sub { $made->() != $was });
    }

    return learnt($world);
}

my $world = shop(clicks => 'on');
# Enough for one step and not for two.  From a step on, what the blend believed of
# noise before is put right as well, and which weight comes first is chance.
visit($world, 190, sub { category($_[0]) eq category($_[1]) ? 0.9 : 0.01 });
cmp_ok($world->{clicks}, '<', 400, 'fewer clicks than two looks need');
ok($world->wait_for(40, sub { learnt($world)->{steps} }), 'clicks move a weight')
    or diag explain(learnt($world)), $world->read_file('logs/trainer.log');
my $after = settled($world);
is($after->{steps}, 1, 'in one step');
my $weights = $after->{weights};
is(scalar(grep { !/^(?:same_category|category|content)$/ } keys %$weights), 0,
    'of what tells the category, and no other') or diag explain($weights);
is(scalar(grep { $_->{now} <= $_->{base} } values %$weights), 0, 'upwards');
like($world->read_file('logs/trainer.log'), qr/a weight of the blend was changed by clicks/,
    'the log says so');

# Kept over a restart.
is($world->stop_trainer, 0, 'the trainer ends');
unlink "$world->{dir}/model/overlay";
$world->trainer;
ok($world->wait_for(30, sub { -e "$world->{dir}/model/overlay" && learnt($world)->{weights} }),
    'and begins again');
is_deeply(learnt($world)->{weights}, $weights, 'with what it knew');
$world->ctl('train');
my $manifest = decode_json(scalar $world->ctl('show'));
is_deeply($manifest->{prequential}{clicks}{weights}, $weights, 'the next manifest tells of it');
$world->done;

$world = shop(clicks => 'on');
visit($world, 1500, sub { 0.35 });
ok($world->wait_for(40, sub { (learnt($world)->{clicks} // 0) > 400 }),
    'clicks that follow places alone')
    or diag explain(learnt($world));
is_deeply(settled($world)->{weights}, {}, 'move nothing');
$world->done;

done_testing;
