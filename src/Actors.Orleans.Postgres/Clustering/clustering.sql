-- The tables of Orleans' ADO.NET clustering: the silos, and a version that every change of them increments.
CREATE TABLE cluster (
  deploymentid text PRIMARY KEY,
  version int NOT NULL DEFAULT 0,
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE silo (
  deploymentid text NOT NULL,
  address text NOT NULL,
  port int NOT NULL,
  generation int NOT NULL,
  siloname text NOT NULL,
  hostname text NOT NULL,
  status int NOT NULL,
  proxyport int NOT NULL,
  suspecttimes text,
  starttime timestamptz NOT NULL,
  iamalivetime timestamptz NOT NULL,
  PRIMARY KEY (deploymentid, address, port, generation)
);

-- The provider reads its statements from this table, under fixed names.
CREATE TABLE orleansquery (
  querykey text PRIMARY KEY,
  querytext text NOT NULL
);

INSERT INTO orleansquery (querykey, querytext) VALUES
('InsertMembershipVersionKey', $$
  WITH added AS (INSERT INTO cluster (deploymentid) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT FROM added)
$$),
('InsertMembershipKey', $$
  WITH moved AS (
    UPDATE cluster SET version = version + 1, changed_at = now()
    WHERE deploymentid = @DeploymentId AND version = @Version
      AND NOT EXISTS (SELECT FROM silo s WHERE s.deploymentid = @DeploymentId AND s.address = @Address AND s.port = @Port AND s.generation = @Generation)
    RETURNING 1),
  added AS (
    INSERT INTO silo (deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime, iamalivetime)
    SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM moved
    RETURNING 1)
  SELECT EXISTS (SELECT FROM added)
$$),
('UpdateMembershipKey', $$
  WITH moved AS (
    UPDATE cluster SET version = version + 1, changed_at = now()
    WHERE deploymentid = @DeploymentId AND version = @Version
      AND EXISTS (SELECT FROM silo s WHERE s.deploymentid = @DeploymentId AND s.address = @Address AND s.port = @Port AND s.generation = @Generation)
    RETURNING 1),
  changed AS (
    UPDATE silo s SET status = @Status, suspecttimes = @SuspectTimes, iamalivetime = @IAmAliveTime FROM moved
    WHERE s.deploymentid = @DeploymentId AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    RETURNING 1)
  SELECT EXISTS (SELECT FROM changed)
$$),
('UpdateIAmAlivetimeKey', $$
  UPDATE silo SET iamalivetime = @IAmAliveTime
  WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),
('MembershipReadRowKey', $$
  SELECT c.version, s.address, s.port, s.generation, s.siloname, s.hostname, s.status, s.proxyport, s.suspecttimes, s.starttime, s.iamalivetime
  FROM cluster c
  LEFT JOIN silo s ON s.deploymentid = c.deploymentid AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
  WHERE c.deploymentid = @DeploymentId
$$),
('MembershipReadAllKey', $$
  SELECT c.version, s.address, s.port, s.generation, s.siloname, s.hostname, s.status, s.proxyport, s.suspecttimes, s.starttime, s.iamalivetime
  FROM cluster c LEFT JOIN silo s ON s.deploymentid = c.deploymentid
  WHERE c.deploymentid = @DeploymentId
$$),
('DeleteMembershipTableEntriesKey', $$
  WITH gone AS (DELETE FROM silo WHERE deploymentid = @DeploymentId)
  DELETE FROM cluster WHERE deploymentid = @DeploymentId
$$),
-- Status 6 is dead.
('CleanupDefunctSiloEntriesKey', $$
  DELETE FROM silo WHERE deploymentid = @DeploymentId AND iamalivetime < @IAmAliveTime AND status = 6
$$),
('GatewaysQueryKey', $$
  SELECT address, proxyport, generation FROM silo WHERE deploymentid = @DeploymentId AND status = @Status AND proxyport > 0
$$);
