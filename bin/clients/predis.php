<?php
// Predis with its own Sentinel replication: one client writes, the other reads from replicas.
// Speaks the lines of src/tools/clients/follower.ts.
// Arguments: group name, key, seconds to live, host:port of each Sentinel.

require 'Predis/autoload.php';

use Predis\Command\RawCommand;

[, $name, $key, $seconds] = $argv;
$places = array_slice($argv, 4);

function say(...$words) {
    echo implode(' ', $words), "\n";
}

$open = function () use ($places, $name) {
    $sentinels = array_map(fn ($place) => "tcp://$place?timeout=0.5&read_write_timeout=0.5", $places);
    $parameters = ['timeout' => 0.5, 'read_write_timeout' => 0.5];
    $options = ['replication' => 'sentinel', 'service' => $name, 'parameters' => $parameters];
    $client = new Predis\Client($sentinels, $options);
    $client->getConnection()->setUpdateSentinels(true);
    return $client;
};

say('version', Predis\Client::VERSION);
$end = microtime(true) + (float) $seconds;
$found = false;
$writer = $open();
$reader = $open();
for ($turn = 1; microtime(true) < $end; $turn++) {
    try {
        $writer->set($key, $turn);
        say('write', $turn);
        if (!$found) {
            say('master', $writer->getConnection()->getMaster());
            foreach ($reader->getConnection()->getSlaves() as $one) {
                say('replica', $one);
            }
            $found = true;
        }
    } catch (Exception $error) {
        // A connection failure is mended by Predis itself, READONLY is not.
        say('fail', $error->getMessage());
        $writer = $open();
    }
    if ($turn % 5 === 0) {
        try {
            $reader->get($key);
            $node = $reader->getConnection()->getCurrent();
            $role = $node->executeCommand(RawCommand::create('ROLE'));
            say('read', $role[0], $node->getParameters()->port);
        } catch (Exception $error) {
            say('fail', $error->getMessage());
            $reader = $open();
        }
    }
    usleep(20000);
}
