# Sends one transaction with the stock TCLink client. The fields come as name=value lines on standard
# input, so that no card number stands in an argument list; the answer goes out sorted by name.
use strict;
use warnings;
use Net::TCLink;

my %fields;
while (my $line = <STDIN>) {
    chomp $line;
    my ($name, $value) = split /=/, $line, 2;
    $fields{$name} = $value;
}
my %answer = Net::TCLink::send(\%fields);
print "$_=$answer{$_}\n" for sort keys %answer;
