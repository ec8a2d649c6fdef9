BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE api_tokens (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	made INTEGER NOT NULL, 
	made_by TEXT NOT NULL, 
	until INTEGER NOT NULL, 
	revoked INTEGER, 
	revoked_by TEXT, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (id), 
	CONSTRAINT ck_api_tokens_scope CHECK (scope IN ('read', 'change')), 
	CONSTRAINT ck_api_tokens_revoked_by CHECK ((revoked IS NULL) = (revoked_by IS NULL))
)
 STRICT

;
INSERT INTO "api_tokens" VALUES(911949063785603511,'nightly report','e38361d02b1220de1712edbfedd1606fa9baed3688a5efa897727fcc069d2363','read',1795262400000000,'olga',1803038400000000,NULL,NULL);
CREATE TABLE attempts (
	message INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	node TEXT NOT NULL, 
	remote TEXT, 
	address TEXT, 
	tls TEXT, 
	command TEXT, 
	code INTEGER, 
	status TEXT, 
	reply TEXT, 
	error TEXT, policy TEXT, 
	CONSTRAINT pk_attempts PRIMARY KEY (message, number, id), 
	CONSTRAINT fk_attempts_message FOREIGN KEY(message, number) REFERENCES recipients (message, number)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "attempts" VALUES(911949063785603502,0,911949063785603505,1795262400000000,'a','mx','192.0.2.9','TLSv1.3','DATA',250,'2.0.0','Ok',NULL,'dane');
CREATE TABLE blocks (
	id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	added INTEGER NOT NULL, 
	added_by TEXT NOT NULL, 
	until INTEGER, 
	lifted INTEGER, 
	lifted_by TEXT, 
	CONSTRAINT pk_blocks PRIMARY KEY (id), 
	CONSTRAINT ck_blocks_lifted_by CHECK ((lifted IS NULL) = (lifted_by IS NULL))
)
 STRICT

;
INSERT INTO "blocks" VALUES(911949063785603509,'sender','x@example.org','banned-sender','spam',1795262400000000,'olga',NULL,NULL,NULL);
CREATE TABLE bodies (
	id INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	checksum INTEGER NOT NULL, 
	users INTEGER NOT NULL, 
	file TEXT, 
	data BLOB, 
	CONSTRAINT pk_bodies PRIMARY KEY (id), 
	CONSTRAINT ck_bodies_users CHECK (users >= 0), 
	CONSTRAINT ck_bodies_one_place CHECK (file IS NULL OR data IS NULL)
)
 STRICT

;
INSERT INTO "bodies" VALUES(911949063785603502,32,1888699531,1,'cd613e30d8f16adf.eml',NULL);
INSERT INTO "bodies" VALUES(911949063785603504,37,1515467520,1,NULL,X'5375626A6563743A20556E64656C6976657261626C650D0A0D0A496E206120726F772E0D0A');
INSERT INTO "bodies" VALUES(911949063785603507,17,2754646279,1,NULL,X'5375626A6563743A2048656C640D0A0D0A');
CREATE TABLE calls (
	id INTEGER NOT NULL, 
	webhook TEXT NOT NULL, 
	body TEXT NOT NULL, 
	made INTEGER NOT NULL, 
	due INTEGER NOT NULL, 
	tries INTEGER NOT NULL, 
	fault TEXT, 
	CONSTRAINT pk_calls PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "calls" VALUES(911949063785603506,'crm','{}',1795262400000000,1795262400000000,0,NULL);
CREATE TABLE chunks (
	body INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_chunks PRIMARY KEY (body, number), 
	CONSTRAINT fk_chunks_body FOREIGN KEY(body) REFERENCES bodies (id)
)
 STRICT

;
CREATE TABLE counters (
	"key" TEXT NOT NULL, 
	minute INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY ("key", minute)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "counters" VALUES('sender:anna@example.org',29921040,3);
CREATE TABLE directory_accounts (
	name TEXT NOT NULL, 
	organisation TEXT NOT NULL, 
	account TEXT NOT NULL, 
	CONSTRAINT pk_directory_accounts PRIMARY KEY (name), 
	CONSTRAINT fk_directory_accounts_organisation FOREIGN KEY(organisation) REFERENCES directory_organisations (name)
)
 STRICT

;
INSERT INTO "directory_accounts" VALUES('anna@contoso.example','Contoso','{"name":"anna@contoso.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":["sales@contoso.example"],"sending":"allowed","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('admin@contoso.example','Contoso','{"name":"admin@contoso.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":true,"administrator":true}');
INSERT INTO "directory_accounts" VALUES('ben@contoso.example','Contoso','{"name":"ben@contoso.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('scanner','Contoso','{"name":"scanner","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":false,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('busy@contoso.example','Contoso','{"name":"busy@contoso.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('restricted@contoso.example','Contoso','{"name":"restricted@contoso.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"restricted","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('banned@contoso.example','Contoso','{"name":"banned@contoso.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"banned","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('printer','Contoso','{"name":"printer","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":["anna@contoso.example"],"sending":"allowed","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('erik@fabrikam.example','Fabrikam','{"name":"erik@fabrikam.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('nora@northwind.example','Northwind','{"name":"nora@northwind.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":true,"administrator":false}');
INSERT INTO "directory_accounts" VALUES('theo@tailspin.example','Tailspin','{"name":"theo@tailspin.example","password":"$argon2id$v=19$m=8,t=1,p=1$a25vd24gdG8gZXZlcnlib2R5$lRolcqZlWE8ybjBGfSFKWB+ToFK7Hxfou8sywSK4SkE","send-as":[],"sending":"allowed","smtp":true,"administrator":false}');
CREATE TABLE directory_addresses (
	"key" TEXT NOT NULL, 
	entry TEXT NOT NULL, 
	CONSTRAINT pk_directory_addresses PRIMARY KEY ("key"), 
	CONSTRAINT fk_directory_addresses_entry FOREIGN KEY(entry) REFERENCES directory_entries ("key")
)
 STRICT

;
INSERT INTO "directory_addresses" VALUES('anna@contoso.example','anna@contoso.example');
INSERT INTO "directory_addresses" VALUES('anna.arendt@contoso.example','anna@contoso.example');
INSERT INTO "directory_addresses" VALUES('postmaster@contoso.example','anna@contoso.example');
INSERT INTO "directory_addresses" VALUES('ben@contoso.example','ben@contoso.example');
INSERT INTO "directory_addresses" VALUES('jürgen@contoso.example','jürgen@contoso.example');
INSERT INTO "directory_addresses" VALUES('juergen@contoso.example','jürgen@contoso.example');
INSERT INTO "directory_addresses" VALUES('clara@branch.contoso.example','clara@branch.contoso.example');
INSERT INTO "directory_addresses" VALUES('full@contoso.example','full@contoso.example');
INSERT INTO "directory_addresses" VALUES('disabled@contoso.example','disabled@contoso.example');
INSERT INTO "directory_addresses" VALUES('moved@contoso.example','moved@contoso.example');
INSERT INTO "directory_addresses" VALUES('director@contoso.example','director@contoso.example');
INSERT INTO "directory_addresses" VALUES('small@contoso.example','small@contoso.example');
INSERT INTO "directory_addresses" VALUES('choosy@contoso.example','choosy@contoso.example');
INSERT INTO "directory_addresses" VALUES('popular@contoso.example','popular@contoso.example');
INSERT INTO "directory_addresses" VALUES('away@contoso.example','away@contoso.example');
INSERT INTO "directory_addresses" VALUES('restricted@contoso.example','restricted@contoso.example');
INSERT INTO "directory_addresses" VALUES('banned@contoso.example','banned@contoso.example');
INSERT INTO "directory_addresses" VALUES('busy@contoso.example','busy@contoso.example');
INSERT INTO "directory_addresses" VALUES('gone@contoso.example','gone@contoso.example');
INSERT INTO "directory_addresses" VALUES('sales@contoso.example','sales@contoso.example');
INSERT INTO "directory_addresses" VALUES('everyone@contoso.example','everyone@contoso.example');
INSERT INTO "directory_addresses" VALUES('board@contoso.example','board@contoso.example');
INSERT INTO "directory_addresses" VALUES('news@contoso.example','news@contoso.example');
INSERT INTO "directory_addresses" VALUES('troubled@contoso.example','troubled@contoso.example');
INSERT INTO "directory_addresses" VALUES('suggestions@contoso.example','suggestions@contoso.example');
INSERT INTO "directory_addresses" VALUES('mia@contoso.example','mia@contoso.example');
INSERT INTO "directory_addresses" VALUES('left@contoso.example','left@contoso.example');
INSERT INTO "directory_addresses" VALUES('supplier@contoso.example','supplier@contoso.example');
INSERT INTO "directory_addresses" VALUES('erik@fabrikam.example','erik@fabrikam.example');
INSERT INTO "directory_addresses" VALUES('postmaster@fabrikam.example','erik@fabrikam.example');
INSERT INTO "directory_addresses" VALUES('max@fabrikam.example','max@fabrikam.example');
INSERT INTO "directory_addresses" VALUES('mia@fabrikam.example','mia@fabrikam.example');
INSERT INTO "directory_addresses" VALUES('forwarder@fabrikam.example','forwarder@fabrikam.example');
INSERT INTO "directory_addresses" VALUES('erik@edge.fabrikam.example','erik@edge.fabrikam.example');
INSERT INTO "directory_addresses" VALUES('freya@free.fabrikam.example','freya@free.fabrikam.example');
INSERT INTO "directory_addresses" VALUES('nora@northwind.example','nora@northwind.example');
INSERT INTO "directory_addresses" VALUES('postmaster@northwind.example','nora@northwind.example');
INSERT INTO "directory_addresses" VALUES('theo@tailspin.example','theo@tailspin.example');
INSERT INTO "directory_addresses" VALUES('postmaster@tailspin.example','theo@tailspin.example');
CREATE TABLE directory_domains (
	name TEXT NOT NULL, 
	organisation TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	CONSTRAINT pk_directory_domains PRIMARY KEY (name), 
	CONSTRAINT fk_directory_domains_organisation FOREIGN KEY(organisation) REFERENCES directory_organisations (name)
)
 STRICT

;
INSERT INTO "directory_domains" VALUES('contoso.example','Contoso','{"name":"contoso.example","kind":"authoritative","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('branch.contoso.example','Contoso','{"name":"branch.contoso.example","kind":"internal-relay","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('partner.contoso.example','Contoso','{"name":"partner.contoso.example","kind":"external-relay","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('fabrikam.example','Fabrikam','{"name":"fabrikam.example","kind":"authoritative","catch-all":"erik@fabrikam.example","tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('edge.fabrikam.example','Fabrikam','{"name":"edge.fabrikam.example","kind":"authoritative","catch-all":null,"tag-separator":"+","edge-blocking":true,"consumer":false,"forbidden-forms":["quoted","routed"],"blocked-networks":["198.51.100.0/24"],"ipv6":false}');
INSERT INTO "directory_domains" VALUES('free.fabrikam.example','Fabrikam','{"name":"free.fabrikam.example","kind":"authoritative","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":true,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('fabrikam-archive.example','Fabrikam','{"name":"fabrikam-archive.example","kind":"authoritative","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('northwind.example','Northwind','{"name":"northwind.example","kind":"authoritative","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
INSERT INTO "directory_domains" VALUES('tailspin.example','Tailspin','{"name":"tailspin.example","kind":"authoritative","catch-all":null,"tag-separator":"+","edge-blocking":false,"consumer":false,"forbidden-forms":[],"blocked-networks":[],"ipv6":true}');
CREATE TABLE directory_entries (
	"key" TEXT NOT NULL, 
	organisation TEXT NOT NULL, 
	expands INTEGER NOT NULL, 
	entry TEXT NOT NULL, 
	CONSTRAINT pk_directory_entries PRIMARY KEY ("key"), 
	CONSTRAINT ck_directory_entries_expands CHECK (expands IN (0, 1)), 
	CONSTRAINT fk_directory_entries_organisation FOREIGN KEY(organisation) REFERENCES directory_organisations (name)
)
 STRICT

;
INSERT INTO "directory_entries" VALUES('anna@contoso.example','Contoso',0,'{"is":"mailbox","address":"anna@contoso.example","name":"Anna Arendt","aliases":["anna.arendt@contoso.example","postmaster@contoso.example"],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('ben@contoso.example','Contoso',0,'{"is":"mailbox","address":"ben@contoso.example","name":"Ben Bauer","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('jürgen@contoso.example','Contoso',0,'{"is":"mailbox","address":"jürgen@contoso.example","name":"Jürgen Jäger","aliases":["juergen@contoso.example"],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('clara@branch.contoso.example','Contoso',0,'{"is":"mailbox","address":"clara@branch.contoso.example","name":"Clara Cohen","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('full@contoso.example','Contoso',0,'{"is":"mailbox","address":"full@contoso.example","name":"Fiona Full","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":1,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('disabled@contoso.example','Contoso',0,'{"is":"mailbox","address":"disabled@contoso.example","name":"Dora Disabled","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":true,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('moved@contoso.example','Contoso',0,'{"is":"mailbox","address":"moved@contoso.example","name":"Max Moved","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":"max@fabrikam.example","quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('director@contoso.example','Contoso',0,'{"is":"mailbox","address":"director@contoso.example","name":"Dana Director","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":true,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('small@contoso.example','Contoso',0,'{"is":"mailbox","address":"small@contoso.example","name":"Sam Small","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":10240,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('choosy@contoso.example','Contoso',0,'{"is":"mailbox","address":"choosy@contoso.example","name":"Cho Choosy","aliases":[],"accept-from":["ben@contoso.example","@fabrikam.example"],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('popular@contoso.example','Contoso',0,'{"is":"mailbox","address":"popular@contoso.example","name":"Pia Popular","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":5}');
INSERT INTO "directory_entries" VALUES('away@contoso.example','Contoso',0,'{"is":"mailbox","address":"away@contoso.example","name":"Ada Away","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":["erik@fabrikam.example"],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('restricted@contoso.example','Contoso',0,'{"is":"mailbox","address":"restricted@contoso.example","name":"Rita Restricted","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('banned@contoso.example','Contoso',0,'{"is":"mailbox","address":"banned@contoso.example","name":"Bob Banned","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('busy@contoso.example','Contoso',0,'{"is":"mailbox","address":"busy@contoso.example","name":"Bo Busy","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":3,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('gone@contoso.example','Contoso',1,'{"is":"alias","address":"gone@contoso.example","name":"","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"to":["nobody@branch.contoso.example"]}');
INSERT INTO "directory_entries" VALUES('sales@contoso.example','Contoso',1,'{"is":"group","address":"sales@contoso.example","name":"Sales","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"members":[],"owners":["anna@contoso.example"]}');
INSERT INTO "directory_entries" VALUES('everyone@contoso.example','Contoso',1,'{"is":"group","address":"everyone@contoso.example","name":"Everyone","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":true,"moderators":[],"unmoderated":[],"message-size":null,"members":[],"owners":["anna@contoso.example"]}');
INSERT INTO "directory_entries" VALUES('board@contoso.example','Contoso',1,'{"is":"group","address":"board@contoso.example","name":"The board","aliases":[],"accept-from":["sales@contoso.example"],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"members":[],"owners":["director@contoso.example"]}');
INSERT INTO "directory_entries" VALUES('news@contoso.example','Contoso',1,'{"is":"group","address":"news@contoso.example","name":"Company news","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":["anna@contoso.example"],"unmoderated":[],"message-size":null,"members":[],"owners":["anna@contoso.example"]}');
INSERT INTO "directory_entries" VALUES('troubled@contoso.example','Contoso',1,'{"is":"group","address":"troubled@contoso.example","name":"A group with bad members","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"members":[],"owners":["anna@contoso.example"]}');
INSERT INTO "directory_entries" VALUES('suggestions@contoso.example','Contoso',0,'{"is":"public-folder","address":"suggestions@contoso.example","name":"Suggestions","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":true,"moderators":[],"unmoderated":[],"message-size":null,"quota":null}');
INSERT INTO "directory_entries" VALUES('mia@contoso.example','Contoso',0,'{"is":"mail-user","address":"mia@contoso.example","name":"Mia Mailuser","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":true,"moderators":[],"unmoderated":[],"message-size":null,"to":"mia@fabrikam.example"}');
INSERT INTO "directory_entries" VALUES('left@contoso.example','Contoso',0,'{"is":"mail-user","address":"left@contoso.example","name":"Lena Left","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"to":"lena@fabrikam-archive.example"}');
INSERT INTO "directory_entries" VALUES('supplier@contoso.example','Contoso',0,'{"is":"contact","address":"supplier@contoso.example","name":"A supplier","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"to":"erik@fabrikam.example"}');
INSERT INTO "directory_entries" VALUES('erik@fabrikam.example','Fabrikam',0,'{"is":"mailbox","address":"erik@fabrikam.example","name":"Erik Ek","aliases":["postmaster@fabrikam.example"],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('max@fabrikam.example','Fabrikam',0,'{"is":"mailbox","address":"max@fabrikam.example","name":"Max Moved","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('mia@fabrikam.example','Fabrikam',0,'{"is":"mailbox","address":"mia@fabrikam.example","name":"Mia Mailuser","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('forwarder@fabrikam.example','Fabrikam',0,'{"is":"mailbox","address":"forwarder@fabrikam.example","name":"Freya Forwarder","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":["freya@elsewhere.example"],"keep-copy":false,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('erik@edge.fabrikam.example','Fabrikam',0,'{"is":"mailbox","address":"erik@edge.fabrikam.example","name":"Erik Ek","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('freya@free.fabrikam.example','Fabrikam',0,'{"is":"mailbox","address":"freya@free.fabrikam.example","name":"Freya Free","aliases":[],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('nora@northwind.example','Northwind',0,'{"is":"mailbox","address":"nora@northwind.example","name":"Nora Nord","aliases":["postmaster@northwind.example"],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
INSERT INTO "directory_entries" VALUES('theo@tailspin.example','Tailspin',0,'{"is":"mailbox","address":"theo@tailspin.example","name":"Theo Thal","aliases":["postmaster@tailspin.example"],"accept-from":[],"reject-from":[],"require-authentication":false,"moderators":[],"unmoderated":[],"message-size":null,"disabled":false,"moved-to":null,"quota":null,"lmtp":null,"language":"","forward-to":[],"keep-copy":true,"recipients-per-day":null,"messages-per-minute":null,"received-per-hour":null}');
CREATE TABLE directory_inbound_connectors (
	organisation TEXT NOT NULL, 
	name TEXT NOT NULL, 
	connector TEXT NOT NULL, 
	CONSTRAINT pk_directory_inbound_connectors PRIMARY KEY (organisation, name), 
	CONSTRAINT fk_directory_inbound_connectors_organisation FOREIGN KEY(organisation) REFERENCES directory_organisations (name)
)
 STRICT

;
INSERT INTO "directory_inbound_connectors" VALUES('Contoso','branch','{"name":"branch","networks":["192.0.2.10/32"],"certificate":null,"domains":["branch.contoso.example"],"internal":true,"may-relay":true,"require-tls":false,"require-match":false,"reject-bare-line-feeds":true,"disabled":false}');
INSERT INTO "directory_inbound_connectors" VALUES('Contoso','partner','{"name":"partner","networks":["192.0.2.20/32"],"certificate":null,"domains":["partner.example"],"internal":false,"may-relay":false,"require-tls":true,"require-match":true,"reject-bare-line-feeds":true,"disabled":false}');
CREATE TABLE directory_members (
	parent TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	address TEXT NOT NULL, 
	CONSTRAINT pk_directory_members PRIMARY KEY (parent, number), 
	CONSTRAINT fk_directory_members_parent FOREIGN KEY(parent) REFERENCES directory_entries ("key")
)
 STRICT

;
INSERT INTO "directory_members" VALUES('gone@contoso.example',0,'nobody@branch.contoso.example','nobody@branch.contoso.example');
INSERT INTO "directory_members" VALUES('sales@contoso.example',0,'ben@contoso.example','ben@contoso.example');
INSERT INTO "directory_members" VALUES('sales@contoso.example',1,'jürgen@contoso.example','jürgen@contoso.example');
INSERT INTO "directory_members" VALUES('everyone@contoso.example',0,'anna@contoso.example','anna@contoso.example');
INSERT INTO "directory_members" VALUES('everyone@contoso.example',1,'sales@contoso.example','sales@contoso.example');
INSERT INTO "directory_members" VALUES('everyone@contoso.example',2,'erik@fabrikam.example','erik@fabrikam.example');
INSERT INTO "directory_members" VALUES('board@contoso.example',0,'director@contoso.example','director@contoso.example');
INSERT INTO "directory_members" VALUES('board@contoso.example',1,'anna@contoso.example','anna@contoso.example');
INSERT INTO "directory_members" VALUES('news@contoso.example',0,'everyone@contoso.example','everyone@contoso.example');
INSERT INTO "directory_members" VALUES('troubled@contoso.example',0,'ben@contoso.example','ben@contoso.example');
INSERT INTO "directory_members" VALUES('troubled@contoso.example',1,'full@contoso.example','full@contoso.example');
INSERT INTO "directory_members" VALUES('troubled@contoso.example',2,'gone@contoso.example','gone@contoso.example');
CREATE TABLE directory_organisations (
	name TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	CONSTRAINT pk_directory_organisations PRIMARY KEY (name)
)
 STRICT

;
INSERT INTO "directory_organisations" VALUES('Contoso','{"name":"Contoso","require-authentication":false,"external-forwarding":true,"blocked-networks":["198.51.100.0/24"],"blocked-recipients":["@banned.example"],"language":"","journaling-archive":false,"sending":"allowed","proven":true,"mail-flow-rule":[{"name":"no secrets leave","senders":[],"recipients":[],"field":"Subject","words":["top secret"]},{"name":"no rivals at sales","senders":["@rival.example"],"recipients":["sales@contoso.example"],"field":"Subject","words":[]}]}');
INSERT INTO "directory_organisations" VALUES('Fabrikam','{"name":"Fabrikam","require-authentication":false,"external-forwarding":false,"blocked-networks":[],"blocked-recipients":[],"language":"","journaling-archive":false,"sending":"allowed","proven":true,"mail-flow-rule":[]}');
INSERT INTO "directory_organisations" VALUES('Northwind','{"name":"Northwind","require-authentication":false,"external-forwarding":true,"blocked-networks":[],"blocked-recipients":[],"language":"","journaling-archive":false,"sending":"restricted","proven":true,"mail-flow-rule":[]}');
INSERT INTO "directory_organisations" VALUES('Tailspin','{"name":"Tailspin","require-authentication":false,"external-forwarding":true,"blocked-networks":[],"blocked-recipients":[],"language":"","journaling-archive":false,"sending":"allowed","proven":false,"mail-flow-rule":[]}');
CREATE TABLE directory_outbound_connectors (
	organisation TEXT NOT NULL, 
	pattern TEXT NOT NULL, 
	connector TEXT NOT NULL, 
	CONSTRAINT pk_directory_outbound_connectors PRIMARY KEY (organisation, pattern), 
	CONSTRAINT fk_directory_outbound_connectors_organisation FOREIGN KEY(organisation) REFERENCES directory_organisations (name)
)
 STRICT

;
INSERT INTO "directory_outbound_connectors" VALUES('Contoso','branch.contoso.example','{"name":"branch","domains":["branch.contoso.example"],"hosts":["127.0.0.1:2526"],"tls":"opportunistic","certificate":null,"account":"","password":null,"disabled":false}');
INSERT INTO "directory_outbound_connectors" VALUES('Contoso','partner.contoso.example','{"name":"partner","domains":["partner.contoso.example","*.partner.example"],"hosts":["127.0.0.1:2527"],"tls":"encrypt","certificate":null,"account":"","password":null,"disabled":false}');
INSERT INTO "directory_outbound_connectors" VALUES('Contoso','*.partner.example','{"name":"partner","domains":["partner.contoso.example","*.partner.example"],"hosts":["127.0.0.1:2527"],"tls":"encrypt","certificate":null,"account":"","password":null,"disabled":false}');
CREATE TABLE directory_state (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	loaded INTEGER, 
	CONSTRAINT pk_directory_state PRIMARY KEY (id), 
	CONSTRAINT ck_directory_state_one_row CHECK (id = 1)
)
 STRICT

;
INSERT INTO "directory_state" VALUES(1,'5de986e1b05c635031008c74f7d43d53',1795262400000000);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	text TEXT NOT NULL, 
	message INTEGER, 
	number INTEGER, 
	address TEXT, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT fk_events_message FOREIGN KEY(message) REFERENCES messages (id)
)
 STRICT

;
INSERT INTO "events" VALUES(911949063785603508,1795262400000000,'held','olga','ask legal',911949063785603507,0,NULL);
INSERT INTO "events" VALUES(911949063785603510,1795262400000000,'blocked','olga','sender x@example.org: spam',NULL,NULL,'x@example.org');
INSERT INTO "events" VALUES(911949063785708145,1795262400000000,'token-made','olga','nightly report: read, until 2027-02-19 12:00 UTC',NULL,NULL,NULL);
INSERT INTO "events" VALUES(911949063785708146,1795262400000000,'refused','policy','550 no',NULL,NULL,'bin@example.net');
CREATE TABLE messages (
	id INTEGER NOT NULL, 
	arrived INTEGER NOT NULL, 
	expires INTEGER NOT NULL, 
	sender TEXT NOT NULL, 
	ret TEXT, 
	envid TEXT, 
	body_type TEXT NOT NULL, 
	smtputf8 INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	message_id TEXT, 
	subject TEXT, 
	session TEXT, 
	about INTEGER, 
	body INTEGER, 
	unfinished INTEGER NOT NULL, 
	finished INTEGER, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT fk_messages_body FOREIGN KEY(body) REFERENCES bodies (id), 
	CONSTRAINT ck_messages_unfinished CHECK (unfinished >= 0), 
	CONSTRAINT ck_messages_finished CHECK ((finished IS NULL) = (unfinished > 0)), 
	CONSTRAINT ck_messages_body_while_needed CHECK ((finished IS NULL) = (body IS NOT NULL))
)
 STRICT

;
INSERT INTO "messages" VALUES(911949063785603502,1795262400000000,1795694400000000,'anna@example.org','FULL','QQ314159','8BITMIME',1,32,'<1@example.org>','Minutes','{"client":"192.0.2.1","hostname":"mail.example.org","helo":"helo","protocol":"ESMTPS","tls":null,"account":null,"listener":null,"id":null,"facts":{"spf":"pass"}}',NULL,911949063785603502,1,NULL);
INSERT INTO "messages" VALUES(911949063785603504,1795262400000000,1795694400000000,'','FULL','QQ314159','8BITMIME',1,37,'<1@example.org>','Minutes','{"client":"192.0.2.1","hostname":"mail.example.org","helo":"helo","protocol":"ESMTPS","tls":null,"account":null,"listener":null,"id":null,"facts":{"spf":"pass"}}',NULL,911949063785603504,1,NULL);
INSERT INTO "messages" VALUES(911949063785603507,1795262400000000,1795694400000000,'anna@example.org','FULL','QQ314159','8BITMIME',1,17,'<1@example.org>','Minutes','{"client":"192.0.2.1","hostname":"mail.example.org","helo":"helo","protocol":"ESMTPS","tls":null,"account":null,"listener":null,"id":null,"facts":{"spf":"pass"}}',NULL,911949063785603507,1,NULL);
CREATE TABLE mta_sts_policies (
	domain TEXT NOT NULL, 
	id TEXT NOT NULL, 
	policy TEXT NOT NULL, 
	fetched INTEGER NOT NULL, 
	expires INTEGER NOT NULL, 
	used INTEGER NOT NULL, 
	CONSTRAINT pk_mta_sts_policies PRIMARY KEY (domain)
)
 STRICT

;
INSERT INTO "mta_sts_policies" VALUES('example.net','20261121','{"mode":"enforce","max_age":604800,"mx":["mx.example.net"]}',1795262400000000,1795867200000000,1795262400000000);
CREATE TABLE outcomes (
	message INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	time INTEGER NOT NULL, 
	terminal TEXT NOT NULL, 
	cause TEXT, 
	status TEXT, 
	reply TEXT, 
	remote TEXT, 
	told TEXT, 
	report INTEGER, 
	CONSTRAINT pk_outcomes PRIMARY KEY (message, number), 
	CONSTRAINT fk_outcomes_message FOREIGN KEY(message, number) REFERENCES recipients (message, number), 
	CONSTRAINT ck_outcomes_terminal CHECK (terminal IN ('delivered', 'relayed', 'expanded', 'failed', 'expired', 'deleted')), 
	CONSTRAINT ck_outcomes_told CHECK (told IN ('reported', 'withheld', 'suppressed')), 
	CONSTRAINT ck_outcomes_failures_are_told CHECK (told IS NOT NULL OR terminal NOT IN ('failed', 'expired')), 
	CONSTRAINT ck_outcomes_reported_by_message CHECK ((report IS NOT NULL) = (coalesce(told, '') = 'reported'))
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "outcomes" VALUES(911949063785603502,0,1795262400000000,'delivered',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "outcomes" VALUES(911949063785603502,2,1795262400000000,'failed','no-such-mailbox','5.1.1','550 No','mx','reported',911949063785603504);
CREATE TABLE recipients (
	message INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	domain TEXT NOT NULL, 
	orcpt TEXT, 
	notify TEXT, 
	state TEXT NOT NULL, 
	due INTEGER, 
	lease INTEGER, 
	node TEXT, 
	tries INTEGER NOT NULL, 
	delay_told INTEGER, 
	CONSTRAINT pk_recipients PRIMARY KEY (message, number), 
	CONSTRAINT fk_recipients_message FOREIGN KEY(message) REFERENCES messages (id), 
	CONSTRAINT ck_recipients_state CHECK (state IN ('queued', 'held', 'quarantined', 'done')), 
	CONSTRAINT ck_recipients_due_while_queued CHECK ((due IS NOT NULL) = (state = 'queued')), 
	CONSTRAINT ck_recipients_leased_while_queued CHECK (lease IS NULL OR state = 'queued'), 
	CONSTRAINT ck_recipients_lease_has_node CHECK ((lease IS NULL) = (node IS NULL))
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "recipients" VALUES(911949063785603502,0,'ben@example.net','example.net','rfc822;ben@example.net','FAILURE','done',NULL,NULL,NULL,1,NULL);
INSERT INTO "recipients" VALUES(911949063785603502,1,'carol@example.net','example.net','rfc822;carol@example.net','FAILURE','queued',1795262460000000,NULL,NULL,0,1795262400000000);
INSERT INTO "recipients" VALUES(911949063785603502,2,'dora@example.net','example.net','rfc822;dora@example.net','FAILURE','done',NULL,NULL,NULL,0,NULL);
INSERT INTO "recipients" VALUES(911949063785603504,0,'anna@example.org','example.org','rfc822;anna@example.org','FAILURE','queued',1795262400000000,NULL,NULL,0,NULL);
INSERT INTO "recipients" VALUES(911949063785603507,0,'emil@example.net','example.net','rfc822;emil@example.net','FAILURE','held',NULL,NULL,NULL,0,NULL);
CREATE TABLE removals (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	block INTEGER NOT NULL, 
	subject TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	address TEXT NOT NULL, 
	asked INTEGER NOT NULL, 
	stage TEXT NOT NULL, 
	changed INTEGER NOT NULL, 
	why TEXT, 
	CONSTRAINT pk_removals PRIMARY KEY (id), 
	CONSTRAINT ck_removals_stage CHECK (stage IN ('asked', 'confirmed', 'removed', 'refused'))
)
 STRICT

;
CREATE TABLE tokens (
	name TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	until INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	CONSTRAINT pk_tokens PRIMARY KEY (name)
)
 STRICT

;
CREATE UNIQUE INDEX uq_bodies_file ON bodies (file) WHERE file IS NOT NULL;
CREATE INDEX ix_messages_body ON messages (body, id, size) WHERE body IS NOT NULL;
CREATE INDEX ix_messages_message_id ON messages ((id / 1099511627776), message_id);
CREATE INDEX ix_recipients_due ON recipients (due) WHERE due IS NOT NULL;
CREATE INDEX ix_recipients_state ON recipients (state) WHERE due IS NULL AND state != 'done';
CREATE INDEX ix_events_message ON events (message) WHERE message IS NOT NULL;
CREATE UNIQUE INDEX uq_blocks_in_force ON blocks (kind, subject, cause) WHERE lifted IS NULL;
CREATE INDEX ix_directory_members_key ON directory_members ("key");
CREATE UNIQUE INDEX uq_api_tokens_digest ON api_tokens (digest);
CREATE INDEX ix_calls_due ON calls (webhook, due);
CREATE INDEX ix_outcomes_not_reached ON outcomes (message, time, cause) WHERE terminal IN ('failed', 'expired');
CREATE UNIQUE INDEX uq_removals_digest ON removals (digest);
CREATE INDEX ix_messages_sender ON messages ((id / 1099511627776), lower(replace(sender, rtrim(sender, replace(sender, '@', '')), '')), lower(sender));
CREATE INDEX ix_recipients_address ON recipients ((message / 1099511627776), domain, lower(address));
CREATE INDEX ix_events_address ON events ((id / 1099511627776), lower(replace(address, rtrim(address, replace(address, '@', '')), '')), lower(address)) WHERE address IS NOT NULL;
COMMIT;
