# History through the front door: twice adds nothing; what is exported comes
# in again; what is refused is told with its line.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $data  = "$Reco::ROOT/demo/data/eshop-clothing";

sub import_into {
    my ($state, @arguments) = @_;

    my ($code, $output) = $world->recoctl('import', '--state', "$dir/$state",
        @arguments);
    return ($code, $output);
}

sub stored {
    my ($state, @options) = @_;

    my ($code, $output) = $world->recoctl('events', '--state', "$dir/$state",
        @options);
    die $output if $code;

    return split /^/, $output;
}

# -- twice --

my ($code, $output) = import_into('one', "$data/valid.tsv.gz");
is($code, 0, 'a gzip file with usual column names needs no map') or diag $output;
like($output, qr/7404 rows: 7404 imported, 0 known already, 0 refused/,
    'all of it comes in');
my @first = stored('one');
is(scalar @first, 7404, 'and is stored');

($code, $output) = import_into('one', "$data/valid.tsv.gz");
like($output, qr/0 imported, 7404 known already/, 'again, nothing is added');
is_deeply([stored('one')], \@first, 'and nothing is changed');

($code, $output) = import_into('one', '--latest', 'now', "$data/valid.tsv.gz");
like($output, qr/0 imported, 7404 known already/, 'nor with times moved');

# -- in pieces: an import that broke off is run again --

system "zcat $data/valid.tsv.gz | head -3001 > $dir/piece.tsv";
($code, $output) = import_into('two', "$dir/piece.tsv");
like($output, qr/3000 imported/, 'a part');
($code, $output) = import_into('two', "$data/valid.tsv.gz");
like($output, qr/4404 imported, 3000 known already/, 'then the whole');

# -- there and back --

$world->write_file('export.jsonl', join '', @first);
($code, $output) = import_into('three', "$dir/export.jsonl");
is($code, 0, 'an export is imported') or diag $output;
is_deeply([stored('three')], \@first, 'and exports as the same');

($code, $output) = import_into('three', '--items', '--map',
    'price=price_usd,url=/product/{item_id},currency="USD"',
    "$data/items.tsv.gz");
is($code, 0, 'a catalogue is imported') or diag $output;
my @items = stored('three', '--items');
is(scalar @items, 217, 'with all its items');
like($items[0], qr{"price":\d+.*"currency":"USD".*"url":"/product/\d+"},
    'columns, texts and templates');
$world->write_file('items.jsonl', join '', @items);
($code, $output) = import_into('four', "$dir/items.jsonl");
is($code, 0, 'its export is imported') or diag $output;
is_deeply([sort { $a cmp $b } stored('four', '--items')],
    [sort { $a cmp $b } @items], 'and exports as the same');

# -- a file that was cut off --

system "head -c 20000 $data/valid.tsv.gz > $dir/cut.tsv.gz";
($code, $output) = import_into('eight', "$dir/cut.tsv.gz");
is($code, 1, 'a file that was cut off is a failure');
like($output, qr/cannot read ".*cut\.tsv\.gz": unexpected end of file/, 'which says so');
my ($before) = $output =~ /(\d+) imported, 0 known already, 0 refused/;
is($before, scalar(() = stored('eight')), 'and how much of it came in');
($code, $output) = import_into('eight', "$data/valid.tsv.gz");
like($output, qr/: 7404 rows: @{[7404 - $before]} imported, $before known already/, 'the rest comes with the whole');

# -- what is refused --

$world->write_file('bad.csv', <<'CSV');
visitor,item,ts
a,1,1592671441
a,2,yesterday
a,,1592671441
a,"3,1592671441
b,4,1592671441
CSV
($code, $output) = import_into('five', "$dir/bad.csv");
is($code, 0, 'some bad rows are no failure');
like($output, qr/bad\.csv:3: ts: malformed/, 'a time');
like($output, qr/bad\.csv:4: item: missing/, 'an item');
like($output, qr/bad\.csv:5: .*quote/, 'a quote');
like($output, qr/5 rows: 2 imported, 0 known already, 3 refused/, 'in all')
    or diag $output;

($code, $output) = import_into('five', '--show', 0, "$dir/bad.csv");
unlike($output, qr/malformed/, 'refused rows can be kept quiet');
like($output, qr/3 more refused rows are not shown/, 'but are counted');

($code, $output) = import_into('six', '--check', "$dir/bad.csv");
like($output, qr/2 good/, 'a check');
ok(!-e "$dir/six", 'writes nothing');

($code, $output) = import_into('five', '--map', 'item=nothing', "$dir/bad.csv");
isnt($code, 0, 'a column that is not there fails');
like($output, qr/no column "nothing" for "item"/, 'and is named');
($code, $output) = import_into('five', '--map', 'item=4', "$dir/bad.csv");
isnt($code, 0, 'the fourth of three fails, too');
like($output, qr/no column "4" for "item"/, 'and is named');

($code, $output) = import_into('five', "$dir/bad.csv",
    $world->write_file('none.csv', ''));
is($code, 1, 'an empty file fails');
like($output, qr/none\.csv:1: the file is empty/, 'and is named');
($code, $output) = import_into('five',
    $world->write_file('nameless.csv', "\n\nwhen,what\n1592671441,a\n"));
like($output, qr/nameless\.csv:3: no column is known to hold "item"/,
    'as is one without an item');
($code, $output) = import_into('seven',
    $world->write_file('mark.csv', "\xef\xbb\xbfvisitor,item,ts\r\na,1,1592671441\r\n"));
like($output, qr/1 imported/, 'a byte order mark does no harm') or diag $output;

($code, $output) = import_into('five', "$dir/export");
is($code, 2, 'a format that cannot be told is misuse');

$world->write_file('worse.csv', "visitor,item,ts\na,1,x\n");
($code, $output) = import_into('five', "$dir/worse.csv");
is($code, 1, 'a file of which nothing is good is a failure');

# -- a whole catalogue --

sub catalogue {
    my ($name, @rows) = @_;
    return $world->write_file($name, join '', map {"$_\n"} 'item,title,price,ts,available', @rows);
}

# Whether each item is on sale: 1, 0, or - where nothing tells.
sub on_sale {
    return join ' ', map {
        my ($item)  = /"item":"(\w+)"/;
        my ($there) = /"available":(\w+)/;
        "$item=" . (defined $there ? 0 + ($there eq 'true') : '-');
    } sort(stored('sale', '--items'));
}

my @whole = map {"$_,Item $_,9,1700000000,"} qw(a b c);
import_into('sale', '--items', catalogue('first.csv', @whole));
import_into('sale', $world->write_file('visit.csv', "visitor,item,ts\nv,made_up,1700000500\n"));
is(on_sale(), 'a=- b=- c=- made_up=-', 'before');

($code, $output) = import_into('sale', '--items', '--complete', '--check', catalogue('less.csv', @whole[0, 2]));
is(on_sale(), 'a=- b=- c=- made_up=-', '--check takes nothing off sale') or diag $output;
($code, $output) = import_into('sale', '--items', '--complete', "$dir/less.csv");
is($code, 0, 'what a whole catalogue does not name') or diag $output;
like($output, qr/^2 items that no row names are off sale$/m, 'is counted');
is(on_sale(), 'a=1 b=0 c=1 made_up=0', 'and off sale, as is what only a visitor named');

($code, $output) = import_into('sale', '--items', '--complete', "$dir/first.csv");
is(on_sale(), 'a=1 b=1 c=1 made_up=0', 'it comes back with its row, however old that is') or diag $output;
($code, $output) = import_into('sale', '--items', '--complete', catalogue('sold.csv', @whole[0, 1], 'c,,,1700000000,0'));
is(on_sale(), 'a=1 b=1 c=0 made_up=0', 'a row may say that it is sold out');

($code, $output) = import_into('sale', '--items', '--complete', catalogue('bad-row.csv', $whole[0], 'b,,dear,1700000000,'));
is($code, 1, 'a refused row may have named anything');
like($output, qr/rows were refused, so that nothing is taken off sale/, 'and that is said');
($code, $output) = import_into('sale', '--items', '--complete', catalogue('empty-one.csv'));
is($code, 1, 'a file without rows is no catalogue') or diag $output;
is(on_sale(), 'a=1 b=1 c=0 made_up=0', 'nothing has changed');
($code, $output) = import_into('sale', '--complete', "$dir/visit.csv");
is($code, 2, 'events are no catalogue');

$world->done;
done_testing;
